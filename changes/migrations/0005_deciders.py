"""Whom a change's frozen policy asks, as rows; those of changes that were submitted already are read from it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ENDED = ("rejected", "withdrawn", "expired", "closed", "undone")


def read_policies(apps, schema_editor):
    change, decider = apps.get_model("changes", "Change"), apps.get_model("changes", "Decider")
    people = set(apps.get_model(settings.AUTH_USER_MODEL).objects.values_list("pk", flat=True))
    made = []
    for pk, policy in change.objects.exclude(status__in=ENDED).values_list("pk", "policy").iterator():
        rules = (policy or {}).get("rules", [])
        named = {user for rule in rules for user in rule["named"]} & people
        roles = {rule["role"] for rule in rules if rule["people"] and not rule["named"]}
        made += [decider(change_id=pk, user_id=user) for user in sorted(named)]
        made += [decider(change_id=pk, role=role) for role in sorted(roles)]
    decider.objects.bulk_create(made, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0004_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Decider",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(blank=True, max_length=20)),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deciders", to="changes.change"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunPython(read_policies, migrations.RunPython.noop),
    ]
