from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("execution", "0004_pack_log_lines"),
    ]

    operations = [
        migrations.DeleteModel(name="LogLine"),
    ]
