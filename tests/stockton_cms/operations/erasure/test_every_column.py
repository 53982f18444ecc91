"""Nothing of an erased address is left in the database, in whatever form it stood."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import models

from stockton_cms.operations.erasure import service
from stockton_cms.operations.erasure.service import erase
from tests.stockton_cms.operations.erasure.test_erasing import (  # noqa: F401
    CANARY,
    notes,
    officer,
    where_it_stands,
)
from tests.stockton_cms.operations.erasure.test_matching import FORMS

pytestmark = pytest.mark.usefixtures("admin_search")

# Never planted in: what the tree, routing and Django itself are made of.
STRUCTURE = {"path", "url_path", "slug", "alias_of", "old_path", "translation_key"}
OURS = ("community", "home", "search", "stockton_cms", "wagtail", "django_tasks")


def plant(text):
    """Write the text into every column of every row that can hold it."""
    planted = set()
    for model in service.tables():
        label = model._meta.label
        if not label.startswith(OURS) or label in service.REBUILDABLE_TABLES:
            continue
        if label in {"community.AlertHistoryEntry", "wagtailcore.Locale"}:
            continue
        for field in service.word_fields(model):
            value = value_for(field, f"x {text} y")
            if value and model._base_manager.update(**{field.name: value}):
                planted.add(f"{label}.{field.name}")
    return planted


def value_for(field, text):
    """Return what holds the text in a column; nothing where it cannot."""
    if field.name in STRUCTURE or isinstance(field, models.FileField):
        return None
    if field.unique or (field.model, field.name) in unique_together():
        return None
    if isinstance(field, models.EmailField):
        return CANARY.upper()
    if field.get_internal_type() == "JSONField":
        return held_in_json(field, text)
    is_too_long = (field.max_length or len(text)) < len(text)
    return None if field.choices or is_too_long else text


def held_in_json(field, value):
    if hasattr(field, "stream_block"):
        value = [{"type": "text", "value": f"<p>{value}</p>", "id": "1"}]
    elif field.model._meta.label == "wagtailcore.Revision":
        value = {"title": "Forum", "summary": value, "body": json.dumps([value])}
    else:
        value = {"a": [value], value: 1}
    return models.Value(value, output_field=models.JSONField())


def unique_together():
    return {
        (model, name)
        for model in service.tables()
        for constraint in model._meta.total_unique_constraints
        for name in constraint.fields
    }


@pytest.mark.parametrize(
    "name",
    [
        *("capitals", "wide", "brackets", "soft hyphens", "wbr"),
        *("all html", "json", "printable", "folded", "base64"),
    ],
)
def test_nothing_is_left_in_any_column(notes, name):  # noqa: F811
    assert len(plant(FORMS[name])) > 30
    said = StringIO()
    call_command("erase_personal_data", CANARY, "--everywhere", stdout=said)
    assert "found it nowhere" in said.getvalue()
    assert where_it_stands() == where_it_stands(FORMS[name]) == set()


def test_copy_that_is_left_is_told_and_fails(notes, monkeypatch):  # noqa: F811
    monkeypatch.setattr(service, "_rewrite", lambda row, pattern: None)
    report = erase(CANARY, everywhere=True)
    assert report.left
    assert "still have it" in report.summary
    said = StringIO()
    with pytest.raises(CommandError, match="still have it"):
        call_command("erase_personal_data", CANARY, "--everywhere", stdout=said)
    assert "because of an error" in said.getvalue()
