from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("home", "0003_remove_pagelink_found_at")]
    reviewed = {"DROP_COLUMN": "No release that uses it has been deployed."}

    operations = [
        migrations.RemoveField(model_name="importedpage", name="has_open_links"),
    ]
