"""Which group belongs to which role, and the table that counts attempts to sign in."""

import django.db.models.deletion
from django.db import migrations, models


from django.core.management import call_command
from django.db.models.functions import Lower


def create_table(apps, schema_editor):
    """Make the table in which all processes count attempts to sign in."""
    call_command(
        "createcachetable",
        "sign_in_tries",
        database=schema_editor.connection.alias,
        verbosity=0,
    )


def lower_case_addresses(apps, schema_editor):
    """Let everyone be found by their email address, however it was written."""
    apps.get_model("auth.User").objects.update(email=Lower("email"))


def delete_addresses(apps, schema_editor):
    """Leave an account one address, its own; links for passwords wrote others.

    An unconfirmed one kept its owner from setting up two-factor authentication, and
    an address that an administrator had changed went on signing in.
    """
    apps.get_model("account.EmailAddress").objects.all().delete()


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('account', '0009_emailaddress_unique_primary_email'),
        # What the roles have permissions for.
        ('wagtailcore', '0098_apitoken'),
        ('wagtailadmin', '0006_formstate'),
        ('wagtailimages', '0027_image_description'),
        ('wagtaildocs', '0014_alter_document_file_size'),
        ('wagtailredirects', '0008_add_verbose_name_plural'),
        ('home', '0001_initial'),
        ('community', '0001_initial'),
        ('search', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='RoleGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=100, unique=True)),
                ('granted', models.JSONField(default=list)),
                ('group', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, to='auth.group')),
            ],
            options={
                'permissions': [('erase_personal_data', "Can erase someone's personal data")],
                'default_permissions': (),
            },
        ),
        migrations.RunPython(create_table, migrations.RunPython.noop),
        migrations.RunPython(lower_case_addresses, migrations.RunPython.noop),
        migrations.RunPython(delete_addresses, migrations.RunPython.noop),
    ]
