from django.db import migrations, models

from inventory.trigrams import indexed


class Migration(migrations.Migration):
    dependencies = [("inventory", "0006_given_by")]
    operations = [
        indexed("inventory_host", "name", "address", "tags"),
        indexed("inventory_vm", "name", "service", "tags"),
        migrations.AddIndex("host", models.Index(fields=["name"], name="host_by_name")),
        migrations.AddIndex("vm", models.Index(fields=["name"], name="vm_by_name")),
    ]
