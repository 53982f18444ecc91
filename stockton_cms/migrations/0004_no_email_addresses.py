from django.db import migrations


def delete_addresses(apps, schema_editor):
    """Leave an account one address, its own; links for passwords wrote others.

    Who had one that was not confirmed could not set up a second step, and an address
    that an administrator had changed went on signing in.
    """
    apps.get_model("account.EmailAddress").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("stockton_cms", "0003_erasure_permission"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    reviewed = {
        "RUN_PYTHON": "One row at most for each account: hundreds, gone at once."
    }

    operations = [
        migrations.RunPython(
            delete_addresses, migrations.RunPython.noop, elidable=True
        )
    ]
