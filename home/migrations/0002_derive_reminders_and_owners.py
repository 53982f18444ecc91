from django.db import migrations


class Migration(migrations.Migration):
    reviewed = {
        "DROP_COLUMN": "No release that uses them has been deployed.",
        "DROP_TABLE": "No release that uses it has been deployed.",
    }

    dependencies = [
        ("home", "0001_initial"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="pagelink",
            name="owner_name",
        ),
        migrations.RemoveField(
            model_name="pagereview",
            name="remind_owner_on",
        ),
        migrations.RemoveField(
            model_name="pagereview",
            name="remind_team_on",
        ),
        migrations.DeleteModel(
            name="ContentCheckRun",
        ),
    ]
