"""Requesters saw every machine until now, and from now on those of their owners; who is one keeps the sight.

The role viewer says so, and an administrator takes it away from those who are to see their own alone.
"""

from django.db import migrations


def keep(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects
    viewer = groups.get_or_create(name="viewer")[0]
    for user in apps.get_model("people", "User").objects.filter(groups__name="requester"):
        user.groups.add(viewer)


class Migration(migrations.Migration):
    dependencies = [("people", "0003_second_factor")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
