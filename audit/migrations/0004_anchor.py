"""Anchors: the end of the chain as it was written down elsewhere."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_content_hash")]
    operations = [
        migrations.CreateModel(
            name="Anchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.BigIntegerField(unique=True)),
                ("hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("place", models.CharField(max_length=255)),
            ],
            options={"ordering": ("-position",)},
        ),
    ]
