from django.db import migrations


class Migration(migrations.Migration):
    reviewed = {"DROP_COLUMN": "No release that uses it has been deployed."}

    dependencies = [
        ("home", "0002_derive_reminders_and_owners"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="pagelink",
            name="found_at",
        ),
    ]
