"""What has to be complete before a draft is published, however that happens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.text import capfirst
from modelcluster.models import get_all_child_relations
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.fields import StreamField
from wagtail.models import COMMENTS_RELATION_NAME, DraftStateMixin

# The error codes of Wagtail and Django for an empty value.
EMPTY = {"required", "blank", "null"}


@dataclass(frozen=True)
class Gap:
    """Something to fix: what, the label of the field, and its content path."""

    message: str
    where: str = ""
    place: str = ""

    def __str__(self):
        return f"{self.where}: {self.message}" if self.where else self.message


class NotReadyError(ValidationError):
    def __init__(self, instance: models.Model, gaps: list[Gap]):
        super().__init__({NON_FIELD_ERRORS: [str(gap) for gap in gaps]})
        self.instance = instance


def require_ready(draft: models.Model, user=None) -> None:
    """Raise `NotReadyError` for an incomplete draft.

    If there is a user, they also have to provide what only they can, such as a change
    note.
    """
    gaps = find_gaps(draft) if user else _find_errors(draft)
    if gaps := list(gaps):
        raise NotReadyError(draft, gaps)


def find_gaps(draft: models.Model) -> list[Gap]:
    asked = draft.find_gaps_for_publishing()
    return [
        *_find_errors(draft),
        *(Gap(text, _label(draft, name), name) for name, text in asked.items()),
    ]


def _find_errors(draft: models.Model) -> Iterator[Gap]:
    yield from _in_fields(draft)
    for field in draft._meta.get_fields():
        if isinstance(field, StreamField):
            yield from gaps_in_body(draft, field)
    for relation in get_all_child_relations(type(draft)):
        name = relation.get_accessor_name()
        if name == COMMENTS_RELATION_NAME:
            continue
        kind = capfirst(relation.related_model._meta.verbose_name)
        for number, row in enumerate(getattr(draft, name).all(), 1):
            for gap in _in_fields(row):
                yield Gap(gap.message, f"{kind} {number}, {gap.where}", name)


def _in_fields(instance: models.Model) -> Iterator[Gap]:
    # The database itself looks after its relations.
    relations = {f.name for f in instance._meta.concrete_fields if f.is_relation}
    try:
        instance.full_clean(
            exclude=relations, validate_unique=False, validate_constraints=False
        )
    except ValidationError as error:
        for name, errors in error.error_dict.items():
            where, place = _label(instance, name), name
            if name == NON_FIELD_ERRORS:
                where = place = ""
            yield from _as_gaps(errors, where, place)


def gaps_in_body(draft: models.Model, field: StreamField) -> Iterator[Gap]:
    """Yield what is missing or invalid in the blocks of a body."""
    body = getattr(draft, field.name)
    try:
        field.stream_block.clean(body)
    except ValidationError as error:
        for index, inner in error.block_errors.items():
            child = body[index]
            place = f"{field.name}.{child.id}" if child.id else field.name
            yield from _in_block(child.block, inner, child.block.label, place)
        where = _label(draft, field.name)
        yield from _as_gaps(error.non_block_errors.as_data(), where, field.name)


def _in_block(block, error: ValidationError, where: str, place: str) -> Iterator[Gap]:
    if not hasattr(error, "non_block_errors"):
        yield from _as_gaps(error.error_list, where, place)
        return
    for name, inner in getattr(error, "block_errors", {}).items():
        if isinstance(name, int):
            yield from _in_block(block.child_block, inner, f"{where} {name + 1}", place)
        else:
            child = block.child_blocks[name]
            yield from _in_block(child, inner, f"{where}, {child.label}", place)
    for row, cells in (getattr(error, "cell_errors", None) or {}).items():
        for column, inner in cells.items():
            cell = f"{where}, row {row + 1}, column {column + 1}"
            # The only block with fields of its own in a table is a link.
            yield from _in_block(block.child_blocks["link"], inner, cell, place)
    yield from _as_gaps(error.non_block_errors.as_data(), where, place)


def _as_gaps(
    errors: Iterable[ValidationError], where: str, place: str
) -> Iterator[Gap]:
    for error in errors:
        if error.code in EMPTY:
            yield Gap("This field is required.", where, place)
        else:
            yield from (Gap(text, where, place) for text in error.messages)


def _label(instance: models.Model, name: str) -> str:
    return capfirst(str(instance._meta.get_field(name).verbose_name))


# More would fill the screen.
MAX_LISTED = 5
PUBLISHING = ("action-publish", "action-submit", "action-workflow-action")


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def list_gaps(request: HttpRequest, instance: models.Model) -> None:
    """List what a saved draft lacks. After an autosave its panel does."""
    is_draft = isinstance(instance, DraftStateMixin) and not any(
        name in request.POST for name in PUBLISHING
    )
    gaps = find_gaps(instance) if is_draft and request.accepts("text/html") else []
    if not gaps:
        return
    context = {
        "edit_url": AdminURLFinder(request.user).get_edit_url(instance),
        "gaps": gaps[:MAX_LISTED],
        "more": len(gaps) - MAX_LISTED,
    }
    messages.info(request, render_to_string("home/gaps_message.html", context))
