from django.db import migrations

from inventory.trigrams import indexed


class Migration(migrations.Migration):
    dependencies = [("changes", "0006_windows"), ("inventory", "0007_parts_of_words")]
    operations = [indexed("changes_change", "title", "ticket")]
