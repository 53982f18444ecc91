"""Form and model fields of ours, and what is valid in them."""

import json
import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.db import models
from django.utils.encoding import punycode
from wagtail import blocks, fields
from wagtail.admin.forms.models import register_form_field_override
from wagtail.admin.widgets import AdminDateTimeInput

from home.content.text import normalise

# RFC 5321, 4.5.3.1.3, without the angle brackets.
MAX_EMAIL_LENGTH = 254
# With invisible characters and spaces.
MAX_TYPED_EMAIL_LENGTH = 2_000
INVALID_EMAIL = "Enter an email address in the correct format, like name@example.com"
_check_parts_of_email = EmailValidator(INVALID_EMAIL, allowlist=[])
# Quoted names and old ways to write a route, by which some mail servers deliver to
# another mailbox than it seems (RFC 5321, appendix C).
ROUTING = re.compile(r'["\\%!\[\]]')
# No top-level domain begins with a digit; the number of a machine does.
MACHINE = re.compile(r"(?:^|\.)\d[^.]*\Z")

# Browsers execute `javascript:` and `data:` links, so only these schemes are allowed.
SCHEMES = ["http", "https"]
INVALID_WEB_ADDRESS = (
    "Enter a web address, like www.example.org/help or https://example.org/help"
)
validate_web_address = URLValidator(
    schemes=SCHEMES, message="Enter a web address that starts with https:// or http://"
)

NOT_A_DIGIT = re.compile(r"\D")
# The (0) is for callers at home.
LEFT_OUT_ABROAD = re.compile(r"\(\s*0\s*\)|\D")
PHONE_NUMBER = re.compile(
    r"(?:tel:\s*)?(?P<number>\(?\+?[0-9][0-9\s().-]*)"
    r"(?:[,;/]?\s*\(?(?:extension|extn?|x|#)[.:=\s]*(?P<extension>[0-9]{1,7})\s*\)?)?",
    re.IGNORECASE,
)
# The longest is one by text relay: 18001 or 18002, and then the number.
MIN_DIGITS, MAX_DIGITS = 3, 16
# With an extension and brackets.
MAX_TYPED_PHONE_LENGTH = 200


def _visible(typed: str) -> str:
    """Return text without the invisible characters that come with a paste."""
    return "".join(each for each in typed if unicodedata.category(each) != "Cf")


def normalise_email(typed: str) -> str:
    """Return an address as it is stored and compared.

    Lower-cased, without a link's mailto:, invisible characters and the spaces that
    keyboards put around an @ or a dot. A space inside a name stays, so that the address
    is rejected: without it the name may be someone else's.
    """
    if len(typed) > MAX_TYPED_EMAIL_LENGTH:
        # No address, and refused for its length: to look through it takes time.
        return typed
    text = normalise(_visible(typed)).lower().strip().removeprefix("mailto:")
    for separator in "@.":
        text = separator.join(part.strip() for part in text.split(separator))
    local, at, host = text.rpartition("@")
    try:
        return f"{local}{at}{punycode(host).encode().decode('idna')}"
    except UnicodeError:
        return text


def validate_email_address(email: str) -> None:
    _check_parts_of_email(email)
    local, _, host = email.rpartition("@")
    is_routed = ROUTING.search(email) or MACHINE.search(host) or not local.isascii()
    if is_routed or not 0 < len(address_key(email)) <= MAX_EMAIL_LENGTH:
        raise ValidationError(INVALID_EMAIL, code="invalid")


def address_key(email: str) -> str:
    """Return one key for all spellings of an address; "" for an invalid host.

    An internationalised host has two spellings (IDNA).
    """
    if len(email) > MAX_TYPED_EMAIL_LENGTH:
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
        "required": "Enter your email address",
        "invalid": INVALID_EMAIL,
        "max_length": "Your email address must be 254 characters or fewer",
    }

    def __init__(self, *, max_length=MAX_EMAIL_LENGTH, **kwargs):
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


class WebAddressField(forms.URLField):
    """A web address; https:// may be left out before a host name."""

    default_validators = [URLValidator(schemes=SCHEMES, message=INVALID_WEB_ADDRESS)]
    default_error_messages = {"invalid": INVALID_WEB_ADDRESS}

    def __init__(self, **kwargs):
        super().__init__(**{"assume_scheme": "https", **kwargs})

    def to_python(self, value):
        value = " ".join(_visible(value or "").split())
        if "@" in value.partition("/")[0]:
            # Django would make an email address the user of a host.
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


register_form_field_override(models.URLField, override={"form_class": WebAddressField})


def web_link(address: str) -> str:
    """Return a web address; empty for anything else, such as a script in a draft."""
    return address if re.match(r"https?://", address or "") else ""


def phone_link(number: str) -> str:
    """Return the `tel:` address (RFC 3966) of a phone number; empty if invalid."""
    if len(number) > MAX_TYPED_PHONE_LENGTH:
        return ""
    # Full-width digits become ASCII, and the dashes of word processors hyphens.
    text = re.sub("[\u2010-\u2015]", "-", normalise(_visible(number)).strip())
    found = PHONE_NUMBER.fullmatch(text)
    if not found:
        return ""
    is_abroad = found["number"].lstrip("(").startswith(("+", "00"))
    left_out = LEFT_OUT_ABROAD if is_abroad else NOT_A_DIGIT
    digits = left_out.sub("", found["number"])
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS:
        return ""
    if is_abroad:
        digits = "+" + re.sub(r"^440", "44", digits.removeprefix("00"))
    extension = found["extension"]
    return f"tel:{digits};ext={extension}" if extension else f"tel:{digits}"


def validate_phone_number(number: str) -> None:
    if not phone_link(number):
        raise ValidationError(
            "Enter one phone number, like 01632 960000 or 01632 960000 ext 4",
            code="invalid",
        )


class LocalDateTimeField(forms.DateTimeField):
    default_error_messages = {"invalid": "Enter a date and time, like 27/11/2026 18:00"}

    def to_python(self, value):
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            raise ValidationError(
                "The clocks change that night, so this time happens twice or not at "
                "all. Enter a time before 01:00, or 02:00 or later.",
                code=error.code,
            ) from error


register_form_field_override(
    models.DateTimeField,
    override={"form_class": LocalDateTimeField, "widget": AdminDateTimeInput},
)


class LosslessStreamBlock(blocks.StreamBlock):
    """Writes back unchanged the blocks of a newer release (ADR 26).

    Wagtail drops what it does not know, so saving anything on a page would lose it.
    """

    def to_python(self, value):
        stream = super().to_python(value)
        if stream is not value:
            stream.unknown = self._find_unknown(value)
        return stream

    def get_prep_value(self, value):
        """Return all blocks, with each unknown one after the block that it followed."""
        rows = list(super().get_prep_value(value))
        for before, row in getattr(value, "unknown", ()):
            ids = [each["id"] for each in rows]
            place = ids.index(before) + 1 if before in ids else len(rows)
            rows.insert(place if before else 0, row)
        return rows

    def _find_unknown(self, value) -> list[tuple[str | None, dict]]:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return []
        rows = [each for each in value or () if isinstance(each, dict)]
        pairs = zip([None, *(each.get("id") for each in rows)], rows, strict=False)
        known = self.child_blocks
        return [(before, row) for before, row in pairs if row["type"] not in known]


class LosslessStreamField(fields.StreamField):
    def save_form_data(self, instance, data):
        data.unknown = getattr(getattr(instance, self.name), "unknown", [])
        super().save_form_data(instance, data)

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "wagtail.fields.StreamField", args, kwargs
