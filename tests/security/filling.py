"""Puts a text into every text field of every row of a site, as it was typed.

Past the forms, which strip and limit: what is in the database is what is shown. Only
rich text goes the way of the editor, from the raw data that a form sends, as what is
stored of it is HTML.
"""

import json

from django.apps import apps
from django.db import models
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents import get_document_model
from wagtail.fields import RichTextField, StreamField
from wagtail.images import get_image_model
from wagtail.models import Page

from community.models import AlertHistoryEntry
from home.blocks import TextBlock
from home.content.fields import validate_phone_number
from home.content_version import bump_content_version

APPS = {"home", "community", "search", "wagtailcore", "wagtaildocs", "wagtailimages",
        "wagtailredirects", "auth", "taggit"}  # fmt: skip
# No one types these: keys, paths, kinds and what code compares.
NOT_TYPED = {
    "path", "url_path", "slug", "hostname", "codename", "app_label", "model",
    "username", "password", "object_id", "base_content_type", "content_hash",
    "file_hash", "key",
    "digest", "address_hash", "permission_type", "model_path", "content_path",
    "content_path_hash", "to_object_id", "action", "uuid", "token", "reference",
    "focal_point_key", "filter_spec", "language_code", "alias_of", "old_path",
    "redirect_link", "automatically_created", "searched", "found_as", "kind", "limit",
    "rule", "restriction_type", "object_str", "seal", "severity", "scope",
}  # fmt: skip


def typed_fields(model) -> list[models.Field]:
    """Return the fields of a model into which someone types text."""
    checked = {name for names in model._meta.unique_together for name in names}
    for constraint in model._meta.constraints:
        checked |= set(getattr(constraint, "fields", ()))
    return [
        field
        for field in model._meta.local_concrete_fields
        if type(field) in {models.CharField, models.TextField, RichTextField}
        and not (field.choices or field.unique or field.primary_key)
        and field.name not in NOT_TYPED | checked
        and not is_phone_number(field)
        and len(field.validators) <= 1 + bool(field.max_length)
    ]


def is_phone_number(field) -> bool:
    """Say whether each character of a field of a model or a form is checked."""
    return validate_phone_number in field.validators


def rich(text: str, features=None) -> str:
    """Return what the editor's form makes of a raw text that is also a link."""
    link = {"type": "LINK", "mutability": "MUTABLE", "data": {"url": text}}
    scripted = {**link, "data": {"url": f"javascript:{text}"}}
    block = {
        "key": "a", "text": text, "type": "unstyled", "depth": 0,
        "inlineStyleRanges": [{"offset": 0, "length": 3, "style": "BOLD"}],
        "entityRanges": [{"offset": 0, "length": len(text), "key": 0}],
    }  # fmt: skip
    second = {
        **block,
        "key": "b",
        "entityRanges": [{"offset": 0, "length": 2, "key": 1}],
    }
    sent = {"blocks": [block, second], "entityMap": {"0": link, "1": scripted}}
    widget = TextBlock(features=features).field.widget
    return widget.value_from_datadict({"text": json.dumps(sent)}, {}, "text")


def fits(text: str, most: int | None) -> str:
    """Return as much of a text as a field holds."""
    return text[:most] if most else text


def block_value(block: blocks.Block, text: str):
    """Return a value of a block, as it is stored, with the text wherever it may be."""
    if isinstance(block, TypedTableBlock):
        row = block_value(block.child_blocks["link"], text)
        columns = [{"type": "text", "heading": text}, {"type": "link", "heading": text}]
        return {"caption": text, "columns": columns, "rows": [{"values": [text, row]}]}
    if isinstance(block, blocks.StreamBlock):
        return [
            {"type": name, "value": block_value(child, text)}
            for name, child in block.child_blocks.items()
        ]
    if isinstance(block, blocks.BaseStructBlock):
        return {
            name: block_value(child, text) for name, child in block.child_blocks.items()
        }
    if isinstance(block, blocks.ListBlock):
        return [block_value(block.child_block, text)]
    return field_value(block, text)


def field_value(block: blocks.FieldBlock, text: str):
    """Return the value of a block that is one field."""
    if isinstance(block, blocks.RichTextBlock):
        return rich(text, block.features)
    if isinstance(block, blocks.URLBlock):
        return "https://example.org/"
    if isinstance(block, blocks.EmailBlock):
        return "a@example.org"
    if isinstance(block, blocks.ChoiceBlock):
        return block.meta.default or block.field.choices[0][0]
    if isinstance(block, blocks.CharBlock | blocks.TextBlock):
        if is_phone_number(block.field):
            return "01632 960000"
        return fits(text, getattr(block.field, "max_length", None))
    if isinstance(block, blocks.DecimalBlock):
        return 1
    if isinstance(block, blocks.BooleanBlock):
        return False
    model = getattr(block, "target_model", None)
    if model in {get_image_model(), get_document_model()}:
        return model.objects.values_list("pk", flat=True).first()
    return None


def fill(text: str, with_drafts: bool = False) -> int:
    """Put a text into every field of every row; return how many fields there are."""
    count = 0
    for model in apps.get_models():
        if model._meta.app_label not in APPS or model is AlertHistoryEntry:
            continue
        values = values_of(model, text)
        rows = model._base_manager.all()
        if values and rows.exists():
            count += len(values)
            rows.update(**values)
    for page in Page.objects.specific() if with_drafts else ():
        page.save_revision()
    bump_content_version()
    return count


def values_of(model, text: str) -> dict:
    """Return what the fields of a model get."""
    values = {}
    for field in typed_fields(model):
        # The answer to an enquiry is rich text in a plain field.
        is_rich = isinstance(field, RichTextField) or field.name == "answer"
        values[field.name] = rich(text) if is_rich else fits(text, field.max_length)
    for field in model._meta.local_concrete_fields:
        if isinstance(field, StreamField):
            stored = block_value(field.stream_block, text)
            values[field.name] = field.stream_block.to_python(stored)
    return values
