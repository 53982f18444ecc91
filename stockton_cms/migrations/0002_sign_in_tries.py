from django.core.management import call_command
from django.db import migrations
from django.db.models.functions import Lower

from stockton_cms.settings.auth import SIGN_IN_CACHE


def create_table(apps, schema_editor):
    """Make the table in which all processes count what was tried at sign-in."""
    table = SIGN_IN_CACHE["LOCATION"]
    call_command(
        "createcachetable", table, database=schema_editor.connection.alias, verbosity=0
    )


def write_addresses_small(apps, schema_editor):
    """Let everybody be found by their e-mail address, however it was written."""
    apps.get_model("auth.User").objects.update(email=Lower("email"))


class Migration(migrations.Migration):
    dependencies = [("stockton_cms", "0001_roles")]

    operations = [
        migrations.RunPython(create_table, migrations.RunPython.noop),
        migrations.RunPython(write_addresses_small, migrations.RunPython.noop),
    ]
