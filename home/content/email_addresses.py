"""Email addresses: normalisation, validation, and which share a mailbox."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models
from django.utils.encoding import punycode

from home.content.text import normalise

REQUIRED = "Enter your email address"
INVALID = "Enter an email address in the correct format, like name@example.com"
TOO_LONG = "Your email address must be 254 characters or fewer"
# RFC 5321, 4.5.3.1.3, without the angle brackets.
MAX_LENGTH = 254
# With invisible characters and spaces.
MAX_TYPED_LENGTH = 2_000
# Quoted names and old ways to write a route, by which some mail servers deliver to
# another mailbox than it seems (RFC 5321, appendix C).
ROUTING = re.compile(r'["\\%!\[\]]')
# No top-level domain begins with a digit; the number of a machine does.
MACHINE = re.compile(r"(?:^|\.)\d[^.]*\Z")
_check_parts = EmailValidator(INVALID, allowlist=[])


def normalise_email(typed: str) -> str:
    """Return an address as it is stored and compared.

    Lower-cased, without a link's mailto:, invisible characters and the spaces that
    keyboards put around an @ or a dot. A space inside a name stays, so that the address
    is rejected: without it the name may be someone else's.
    """
    if len(typed) > MAX_TYPED_LENGTH:
        # No address, and refused for its length: to look through it takes time.
        return typed
    shown = "".join(each for each in typed if unicodedata.category(each) != "Cf")
    text = normalise(shown).lower().strip().removeprefix("mailto:")
    for separator in "@.":
        text = separator.join(part.strip() for part in text.split(separator))
    local, at, host = text.rpartition("@")
    try:
        return f"{local}{at}{punycode(host).encode().decode('idna')}"
    except UnicodeError:
        return text


def validate_email_address(email: str) -> None:
    _check_parts(email)
    local, _, host = email.rpartition("@")
    is_routed = ROUTING.search(email) or MACHINE.search(host)
    if (
        is_routed
        or not local.isascii()
        or not 0 < len(address_key(email)) <= MAX_LENGTH
    ):
        raise ValidationError(INVALID, code="invalid")


def address_key(email: str) -> str:
    """Return one key for all spellings of an address; "" for an invalid host.

    An internationalised host has two spellings (IDNA).
    """
    if len(email) > MAX_TYPED_LENGTH:
        return ""
    local, _, host = normalise_email(email).rpartition("@")
    try:
        return f"{local}@{punycode(host)}"
    except UnicodeError:
        return ""


def mailbox_key(email: str) -> str:
    """Return one key for all addresses of a mailbox, as ann+bins@ is ann@."""
    local, _, host = address_key(email).rpartition("@")
    return f"{local.partition('+')[0] or local}@{host}"


class EmailAddressFormField(forms.EmailField):
    default_validators = [validate_email_address]
    default_error_messages = {
        "required": REQUIRED,
        "invalid": INVALID,
        "max_length": TOO_LONG,
    }

    def __init__(self, *, max_length=MAX_LENGTH, **kwargs):
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value):
        return normalise_email(super().to_python(value))


class EmailAddressField(models.EmailField):
    """An email column; Django's own in migrations."""

    default_validators = [validate_email_address]

    def to_python(self, value):
        return normalise_email(super().to_python(value) or "")

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": EmailAddressFormField, **kwargs})

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs
