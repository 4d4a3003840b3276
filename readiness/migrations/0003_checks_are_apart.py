"""Apart from the copying: PostgreSQL alters no table in the transaction that has written to it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("readiness", "0002_checks_apart")]

    operations = [migrations.RemoveField("readiness", "findings")]
