"""Entries get a hash of their content, so that a link of the chain can be shown without it.

On SQLite the table is made anew, which loses its guard (0002): it is lifted and installed again.
"""

from django.db import migrations, models

from audit import guard


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_guard")]
    operations = [
        migrations.RunPython(guard.lift, guard.install),
        migrations.AddField(
            model_name="entry",
            name="content_hash",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.RunPython(guard.install, guard.lift),
    ]
