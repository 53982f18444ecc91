"""The synonyms that a new site starts with; officers change them in the admin."""

import tomllib
from pathlib import Path

from django.db import migrations

SEED = Path(__file__).resolve().parents[1] / "seed_synonyms.toml"


def add_synonyms(apps, schema_editor):
    """Add them once; what officers delete afterwards does not come back."""
    synonym = apps.get_model("search", "SynonymSnippet")
    synonym.objects.bulk_create(
        synonym(
            searched=", ".join(entry["searched"]),
            found_as=", ".join(entry["found_as"]),
            both_ways=entry["both_ways"],
        )
        for entry in tomllib.loads(SEED.read_text())["synonym"]
    )


class Migration(migrations.Migration):

    dependencies = [("search", "0002_understanding")]

    operations = [
        migrations.RunPython(add_synonyms, migrations.RunPython.noop, elidable=True)
    ]
