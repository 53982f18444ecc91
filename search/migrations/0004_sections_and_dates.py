"""Gives the documents of an existing site the sections and dates that filters need."""

from django.conf import settings
from django.db import migrations

STEP, SECTION_DEPTH = 4, 3


def fill(apps, schema_editor):
    """Take them from the pages; `rebuild_search` adds the rest, such as files."""
    document = apps.get_model("search", "SearchDocument")
    pages = apps.get_model("wagtailcore", "Page").objects
    sections = dict(pages.filter(depth=SECTION_DEPTH).values_list("path", "pk"))
    documents = document.objects.in_bulk()
    filled = []
    for pk, path, updated_at in pages.values_list("pk", "path", "last_published_at"):
        if pk in documents:
            row = documents[pk]
            row.section_id = sections.get(path[: STEP * SECTION_DEPTH])
            row.updated_at = updated_at
            filled.append(row)
    document.objects.bulk_update(filled, ["section_id", "updated_at"], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ("search", "0003_seed_synonyms"),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
