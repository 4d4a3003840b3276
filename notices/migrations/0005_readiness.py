from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0004_receivers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="choice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("approval", "approval"),
                    ("glass", "glass"),
                    ("window", "window"),
                    ("run", "run"),
                    ("waiting", "waiting"),
                    ("bond", "bond"),
                    ("readiness", "readiness"),
                    ("key", "key"),
                    ("ownership", "ownership"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="happening",
            name="kind",
            field=models.CharField(
                choices=[
                    ("approval", "approval"),
                    ("glass", "glass"),
                    ("window", "window"),
                    ("run", "run"),
                    ("waiting", "waiting"),
                    ("bond", "bond"),
                    ("readiness", "readiness"),
                    ("key", "key"),
                    ("ownership", "ownership"),
                ],
                max_length=12,
            ),
        ),
    ]
