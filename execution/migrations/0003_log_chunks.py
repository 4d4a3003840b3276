import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("execution", "0002_claims"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.PositiveIntegerField()),
                ("last", models.PositiveIntegerField()),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("stream", models.CharField(default="out", max_length=4)),
                ("at", models.DateTimeField()),
                ("body", models.BinaryField()),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="execution.run",
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="execution.steprun",
                    ),
                ),
            ],
            options={
                "ordering": ["run", "last"],
                "indexes": [models.Index(fields=["step", "last"], name="log_of_a_step")],
                "constraints": [models.UniqueConstraint(fields=["run", "last"], name="chunks_have_no_doubles")],
            },
        ),
    ]
