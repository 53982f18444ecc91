"""docs/data-protection.md says of every field whether it holds personal data (O4)."""

import re

from django.conf import settings
from django.db import models
from django.test.utils import isolate_apps
from wagtail.models import get_page_models

from search.log.retention import RULES
from stockton_cms.operations.erasure.service import (
    REBUILDABLE_TABLES,
    tables,
    word_fields,
)

PAGE = settings.BASE_DIR / "docs/data-protection.md"
PAGE_TYPES = {model._meta.label for model in get_page_models()}
PERSONAL, HARMLESS = "## Personal data\n", "## Fields without personal data\n"


def part(heading, text):
    return text.partition(heading)[2].partition("\n## ")[0]


def documented(text):
    rows = part(PERSONAL, text).splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("| `")]
    personal = re.findall(r"`([*\w.]+)`", " ".join(cells))
    harmless = [
        f"{model}.{name}"
        for model, names in re.findall(r"^- `(.+?)`: (.+)$", part(HARMLESS, text), re.M)
        for name in re.findall(r"`(\w+)`", names)
    ]
    return personal, harmless


def fields_of(models_of_all):
    return {
        f"{model._meta.label}.{field.name}"
        for model in models_of_all
        if model._meta.label not in REBUILDABLE_TABLES
        for field in word_fields(model)
        # What officers choose from a list of ours names no one.
        if not field.choices
    }


def star(field):
    """Return how the page names a field of every type of page; else the field."""
    model, _, name = field.rpartition(".")
    return f"*.{name}" if model in PAGE_TYPES else field


def problems(models_of_all, text):
    """Return what the page lacks, has twice, or has and the database has not."""
    personal, harmless = documented(text)
    fields, known = fields_of(models_of_all), {*personal, *harmless}
    for field in sorted(fields):
        if field not in known and star(field) not in known:
            yield (
                f"{field} is not in the document. If it can hold anything "
                f"about a person, add it to the table under '{PERSONAL.strip()}'; "
                f"if not, to the list under '{HARMLESS.strip()}'."
            )
        if field in personal and field in harmless:
            yield f"{field} is in both parts."
    starred = {star(field) for field in fields}
    for field in sorted(known - fields - starred):
        yield f"{field} is in docs/data-protection.md, and there is no such field."


def test_every_field_is_in_the_document():
    found = list(problems(tables(), PAGE.read_text()))
    assert not found, "\n".join(found)


@isolate_apps("search")
def test_a_field_that_nobody_has_decided_on_is_noticed():
    class Neighbour(models.Model):
        doctor = models.CharField(max_length=10)
        born_on = models.DateField()

        class Meta:
            app_label = "search"

        def __str__(self):
            return self.doctor

    (problem,) = problems([Neighbour], "")
    assert problem.startswith("search.Neighbour.doctor is not in the document")


def test_every_row_says_everything_and_how_long_by_the_setting_that_decides_it():
    rows = part(PERSONAL, PAGE.read_text()).splitlines()
    rows = [row for row in rows if row.startswith("|")]
    cells = [row.strip("|").split("|") for row in rows]
    assert len(cells) > 15
    assert {len(row) for row in cells} == {7}
    assert all(cell.strip() for row in cells for cell in row)
    readme = (settings.BASE_DIR / "README.md").read_text()
    for rule in RULES:
        fields, name = f"`{rule.model}.{rule.cleared_field}", f"`{rule.setting}`"
        (*_, row) = [row for row in rows if fields in row and name in row]
        assert name in row.split("|")[5]
        assert f"| {name} | `{getattr(settings, rule.setting)}` |" in readme
