"""Admin forms that can save incomplete drafts, to be completed before publishing."""

from django import forms
from django.core.exceptions import (
    NON_FIELD_ERRORS,
    FieldDoesNotExist,
    ValidationError,
)
from django.db import models
from django.forms.formsets import ORDERING_FIELD_NAME
from wagtail.admin import panels
from wagtail.admin.forms.models import WagtailAdminModelForm

# What another row forbids, or a column of the database cannot hold.
STRICT = {"unique", "unique_together", "required", "invalid_choice"}


class DraftFormMixin:
    """Ignores errors in a draft that can be saved and fixed before publishing."""

    def add_error(self, field, error):
        """Add only the errors that even a draft cannot have, or all when publishing."""
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
        if error.code == "max_length" and not isinstance(column, models.TextField):
            return False
        if name in self.cleaned_data or name not in self.fields:
            return True
        typed = self._typed(name)
        length = getattr(column, "max_length", None)
        is_text = isinstance(column, models.TextField) or (
            isinstance(column, models.CharField) and len(typed or "") <= length
        )
        if is_text:
            self.cleaned_data[name] = typed
        return is_text

    def _typed(self, name: str):
        widget = self.fields[name].widget
        return widget.value_from_datadict(self.data, self.files, self.add_prefix(name))


class DraftRowMixin(DraftFormMixin):
    """A row of an inline panel, which may be empty in a draft."""

    # Set by validation: Wagtail ends the draft's leniency before it saves the form.
    is_absent = False

    def has_changed(self):
        """Ignore a draft's row until its object is chosen."""
        return not self.is_absent and super().has_changed()

    def full_clean(self):
        """Leave the row out, even if an earlier save counted it."""
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
