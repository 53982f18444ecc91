"""Blocks for addresses and phone numbers, which a draft may hold unfinished."""

from django.core.exceptions import ValidationError
from wagtail import blocks

from home.content.validators import WebAddressField, validate_phone_number
from home.email_addresses import EmailAddressFormField


class TypedMixin:
    """Lets a draft keep whatever was typed; it has to be right to be published."""

    field_class = None

    def __init__(self, required=True, help_text=None, **kwargs):
        super().__init__(required=required, help_text=help_text, **kwargs)
        if self.field_class:
            self.field = self.field_class(required=required, help_text=help_text)

    def clean(self, value):
        """Return what was typed, put right where that is clear."""
        try:
            return super().clean(value)
        except ValidationError:
            if self.is_deferred_validation:
                return value
            raise


class WebAddressBlock(TypedMixin, blocks.URLBlock):
    """The address of a page anywhere on the web."""

    field_class = WebAddressField


class EmailAddressBlock(TypedMixin, blocks.EmailBlock):
    """An email address."""

    field_class = EmailAddressFormField


class PhoneBlock(TypedMixin, blocks.CharBlock):
    """A phone number, shown as it was typed."""

    def __init__(self, **kwargs):
        super().__init__(validators=[validate_phone_number], **kwargs)
