"""The database refuses to change or delete an entry.

SQLite loses triggers when a later migration makes the table anew: such a migration lifts and
installs the guard around itself. tests/audit proves that it stands after all migrations.
"""

from django.db import migrations

from audit import guard


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(guard.install, guard.lift)]
