"""Drafts may be incomplete; what they lack is named, and required to publish them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, FieldDoesNotExist, ValidationError
from django.db import models
from django.forms.formsets import ORDERING_FIELD_NAME
from django.utils.text import capfirst
from modelcluster.models import get_all_child_relations
from wagtail.admin import panels
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.fields import StreamField
from wagtail.models import COMMENTS_RELATION_NAME

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
    """Raise an error for an incomplete draft.

    If there is a user, they also have to provide what only they can, such as a change
    note.
    """
    if gaps := list(find_gaps(draft) if user else _find_errors(draft)):
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
            place = "" if name == NON_FIELD_ERRORS else name
            yield from _as_gaps(errors, place and _label(instance, place), place)


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


# What another row forbids, or a column of the database cannot hold.
STRICT = {"unique", "unique_together", "required", "invalid_choice"}


class DraftFormMixin:
    """Ignores errors in a draft that can be saved and fixed before publishing."""

    def add_error(self, field, error):
        if not self.is_deferred_validation:
            return super().add_error(field, error)
        if not isinstance(error, ValidationError):
            error = ValidationError(error)
        by_field = (
            error.error_dict
            if hasattr(error, "error_dict")
            else {field or NON_FIELD_ERRORS: error.error_list}
        )
        for name, errors in by_field.items():
            left = [each for each in errors if not self._can_wait(name, each)]
            if left:
                super().add_error(None if name == NON_FIELD_ERRORS else name, left)
        return None

    def _can_wait(self, name: str, error: ValidationError) -> bool:
        # The address of a page is in use at once.
        if name in (NON_FIELD_ERRORS, "slug") or error.code in STRICT:
            return False
        try:
            column = self.instance._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        is_long_text = isinstance(column, models.TextField)
        if error.code == "max_length" and not is_long_text:
            return False
        if name in self.cleaned_data or name not in self.fields:
            return True
        typed = self._typed(name)
        if not is_long_text:
            is_short_text = isinstance(column, models.CharField)
            if not is_short_text or len(typed or "") > column.max_length:
                return False
        self.cleaned_data[name] = typed
        return True

    def _typed(self, name: str):
        widget = self.fields[name].widget
        return widget.value_from_datadict(self.data, self.files, self.add_prefix(name))


class DraftRowMixin(DraftFormMixin):
    """A row of an inline panel, left out of a draft until its object is chosen."""

    # Set by validation: Wagtail ends the draft's leniency before it saves the form.
    is_absent = False

    def has_changed(self):
        return not self.is_absent and super().has_changed()

    def full_clean(self):
        self.is_absent = self._lacks_choice()
        self.empty_permitted = self.empty_permitted or self.is_absent
        super().full_clean()
        if self.is_absent:
            # Django sorts the rows by it.
            self.cleaned_data.setdefault(ORDERING_FIELD_NAME, None)

    def _lacks_choice(self) -> bool:
        return (
            self.is_deferred_validation
            and self.instance.pk is None
            and any(
                isinstance(field, forms.ModelChoiceField)
                and field.required
                and not self._typed(name)
                for name, field in self.fields.items()
            )
        )


class DraftRowsMixin:
    def get_form_options(self):
        options = super().get_form_options()
        for row in options["formsets"].values():
            form = row.get("form", WagtailAdminModelForm)
            row["form"] = type(form)("DraftRowForm", (DraftRowMixin, form), {})
        return options


class InlinePanel(DraftRowsMixin, panels.InlinePanel):
    pass


class MultipleChooserPanel(DraftRowsMixin, panels.MultipleChooserPanel):
    pass
