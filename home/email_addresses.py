"""Email addresses: how they are written, what is accepted, what is one mailbox."""

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
LONGEST_TYPED = 2_000
# Quoted names and old ways to write a route, by which some mail servers deliver to
# another mailbox than it seems (RFC 5321, appendix C).
ROUTING = re.compile(r'["\\%!\[\]]')
# No top-level domain begins with a digit; the number of a machine does.
MACHINE = re.compile(r"(?:^|\.)\d[^.]*\Z")
_check_parts = EmailValidator(INVALID, allowlist=[])


def normalise_email(typed: str) -> str:
    """Return an address as it is stored and compared.

    In small letters, without the mailto: of a link, invisible characters and the spaces
    that keyboards put around an @ or a dot. A space inside a name stays, so that the
    address is refused: without it the name may be someone else's.
    """
    if len(typed) > LONGEST_TYPED:
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
    """Raise `ValidationError` where a normalised address is not one of a person."""
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
    """Return the same for an address however its host is spelt; "" for a wrong host.

    A host in letters of other alphabets has a second spelling, as mail servers use it.
    """
    if len(email) > LONGEST_TYPED:
        return ""
    local, _, host = normalise_email(email).rpartition("@")
    try:
        return f"{local}@{punycode(host)}"
    except UnicodeError:
        return ""


def mailbox_key(email: str) -> str:
    """Return the same for all addresses of one mailbox, as ann+bins@ is ann@."""
    local, _, host = address_key(email).rpartition("@")
    return f"{local.partition('+')[0] or local}@{host}"


class EmailAddressFormField(forms.EmailField):
    """Takes an address that someone types, and says in the same words what is wrong."""

    default_validators = [validate_email_address]
    default_error_messages = {
        "required": REQUIRED,
        "invalid": INVALID,
        "max_length": TOO_LONG,
    }

    def __init__(self, *, max_length=MAX_LENGTH, **kwargs):
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value):
        """Return the address normalised."""
        return normalise_email(super().to_python(value))


class EmailAddressField(models.EmailField):
    """A column for an address; to migrations it is Django's."""

    default_validators = [validate_email_address]

    def to_python(self, value):
        """Return the address normalised, as each form and import asks for it."""
        return normalise_email(super().to_python(value) or "")

    def formfield(self, **kwargs):
        """Return the field for forms that has our messages."""
        return super().formfield(**{"form_class": EmailAddressFormField, **kwargs})

    def deconstruct(self):
        """Return Django's own field."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs
