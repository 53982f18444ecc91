"""Blocks for addresses and phone numbers, which may be incomplete in a draft."""

from django.core.exceptions import ValidationError
from wagtail import blocks

from home.content.validators import WebAddressField, validate_phone_number
from home.email_addresses import EmailAddressFormField


class UncheckedDraftMixin:
    """Accepts any text in a draft; it must be valid to be published."""

    field_class = None

    def __init__(self, required=True, help_text=None, **kwargs):
        super().__init__(required=required, help_text=help_text, **kwargs)
        if self.field_class:
            self.field = self.field_class(required=required, help_text=help_text)

    def clean(self, value):
        try:
            return super().clean(value)
        except ValidationError:
            if self.is_deferred_validation:
                return value
            raise


class WebAddressBlock(UncheckedDraftMixin, blocks.URLBlock):
    field_class = WebAddressField


class EmailAddressBlock(UncheckedDraftMixin, blocks.EmailBlock):
    field_class = EmailAddressFormField


class PhoneBlock(UncheckedDraftMixin, blocks.CharBlock):
    def __init__(self, **kwargs):
        super().__init__(validators=[validate_phone_number], **kwargs)
