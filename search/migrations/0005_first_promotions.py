import tomllib
from pathlib import Path

from django.db import migrations, models

SEED = Path(__file__).resolve().parents[1] / "seed_promotions.toml"


def phrases_of(searched):
    parts = searched.replace("\n", ",").split(",")
    return {" ".join(part.lower().split()) for part in parts}


def add_promotions(apps, schema_editor):
    """Add promotions and synonyms once, except for what officers have provided for."""
    seed = tomllib.loads(SEED.read_text(encoding="utf-8"))
    for name, entries in (
        ("PromotionSnippet", seed["promotion"]),
        ("SynonymSnippet", seed["synonym"]),
    ):
        model = apps.get_model("search", name)
        rows = model.objects.values_list("searched", flat=True)
        taken = {phrase for searched in rows for phrase in phrases_of(searched)}
        for entry in entries:
            entry["searched"] = " ".join(entry["searched"].split())
            if taken.isdisjoint(phrases_of(entry["searched"])):
                model.objects.create(**entry)


class Migration(migrations.Migration):
    reviewed = {"RUN_PYTHON": "Adds some 60 rows at once, and changes none."}

    dependencies = [
        ('search', '0004_previous_topics_and_opened_pages'),
    ]

    operations = [
        migrations.AddField(
            model_name='promotionsnippet',
            name='in_longer_searches',
            field=models.BooleanField(db_default=False, default=False, help_text="Select this to show it for longer searches that contain these words too, for example 'I am homeless tonight'. The words are then not suggested to people as they type.", verbose_name='for people in danger or need'),
        ),
        migrations.RunPython(add_promotions, migrations.RunPython.noop, elidable=True),
    ]
