"""What checks found goes into a table of its own; the verdict's row keeps each check's light."""

from django.db import migrations, models


def move(apps, schema_editor):
    rows = apps.get_model("readiness", "Readiness").objects.exclude(findings=[])
    detail = apps.get_model("readiness", "ReadinessDetail").objects
    for row in rows.iterator(chunk_size=200):
        detail.create(readiness=row, findings=row.findings)
        row.lights = {one["check"]: one["light"] for one in row.findings}
        row.save(update_fields=["lights"])


class Migration(migrations.Migration):
    dependencies = [("readiness", "0001_readiness")]

    operations = [
        migrations.CreateModel(
            name="ReadinessDetail",
            fields=[
                (
                    "readiness",
                    models.OneToOneField(
                        on_delete=models.deletion.CASCADE,
                        primary_key=True,
                        related_name="detail",
                        serialize=False,
                        to="readiness.readiness",
                    ),
                ),
                ("findings", models.JSONField(default=list)),
            ],
        ),
        migrations.AddField("readiness", "lights", models.JSONField(default=dict)),
        migrations.RunPython(move, migrations.RunPython.noop),
    ]
