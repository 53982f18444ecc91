"""Nothing of an erased address is left in the database, in whatever form it stood."""

import json
import quopri
from base64 import b64encode
from html import escape
from io import StringIO
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models

from stockton_cms.operations.erasure import service
from stockton_cms.operations.erasure.matching import may_hold, pattern_of, without
from stockton_cms.operations.erasure.service import erase
from tests.stockton_cms.operations.erasure.test_erasing import (  # noqa: F401
    CANARY,
    notes,
    officer,
    where_it_stands,
)

pytestmark = pytest.mark.usefixtures("admin_search")

WIDE = {ord(each): ord(each) + 0xFEE0 for each in CANARY if each.isalnum()}
FORMS = {
    "as it is": CANARY,
    "capitals": CANARY.upper(),
    "soft hyphens": "\u00ad".join(CANARY),
    "no width": CANARY.replace("@", "\u200b@\u200b"),
    "wide": CANARY.translate(WIDE | {ord("@"): ord("＠")}),
    "percent": quote(CANARY, safe=""),
    "all percent": "".join(f"%{byte:02X}" for byte in CANARY.encode()),
    "html": escape(CANARY).replace("@", "&#64;").replace(".", "&period;"),
    "all html": "".join(f"&#x{ord(each):x};" for each in CANARY),
    "json": "".join(f"\\u{ord(each):04x}" for each in CANARY),
    "spaces": CANARY.replace("@", " @ "),
    "spoken": CANARY.replace("@", " at ").replace(".", " dot "),
    "brackets": CANARY.replace("@", " [at] "),
    "wbr": CANARY.replace("@", "<wbr>@<wbr/>"),
    "unseen entity": CANARY.replace("@", "&#8203;@&shy;"),
    "printable": quopri.encodestring(CANARY.replace("@", "=").encode())
    .decode()
    .replace("=3D", "=40"),
    "folded": f"{CANARY[:9]}=\r\n{CANARY[9:]}",
    "base64": b64encode(f"To: {CANARY}\r\n\r\nBins".encode()).decode(),
}
# Never planted in: what the tree, routing and Django itself are made of.
STRUCTURE = {"path", "url_path", "slug", "alias_of", "old_path", "translation_key"}
OURS = ("community", "home", "search", "stockton_cms", "wagtail", "django_tasks")


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_form_is_taken_out_and_nothing_else(text):
    assert may_hold(text, CANARY)
    assert without(f"Ask {text}, or", pattern_of(CANARY)) == "Ask [removed], or"
    for other in ("zanary.bird+x@example.org", "canary.bird+x@example.net"):
        assert without(text, pattern_of(other)) == text


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
        "capitals",
        "wide",
        "brackets",
        "soft hyphens",
        "wbr",
        "all html",
        "json",
        "printable",
        "folded",
        "base64",
    ],
)
def test_nothing_is_left_in_any_column(notes, name):  # noqa: F811
    planted = plant(FORMS[name])
    assert len(planted) > 30
    said = StringIO()
    call_command("erase_personal_data", CANARY, "--everywhere", stdout=said)
    assert "found it nowhere" in said.getvalue()
    assert where_it_stands() == set()
    assert not left_in_dump(FORMS[name])


def left_in_dump(text):
    """Say whether any table holds the planted form, asked without our own code."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("wagtailsearch_"):
                continue
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            if any(text in str(row) for row in cursor.fetchall()):
                return table
    return None


def test_copy_that_is_left_is_told_and_fails(notes, monkeypatch):  # noqa: F811
    monkeypatch.setattr(service, "_rewrite", lambda row, pattern: None)
    report = erase(CANARY, everywhere=True)
    assert report.left
    assert "still have it" in report.summary
    said = StringIO()
    with pytest.raises(CommandError, match="still have it"):
        call_command("erase_personal_data", CANARY, "--everywhere", stdout=said)
    assert "because of an error" in said.getvalue()
