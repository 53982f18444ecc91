"""Web addresses and phone numbers: validation and links."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from wagtail.admin.forms.models import register_form_field_override

from home.content.text import normalise

# Browsers execute `javascript:` and `data:` links, so only these schemes are allowed.
SCHEMES = ["http", "https"]
validate_web_address = URLValidator(
    schemes=SCHEMES,
    message="Enter a web address that starts with https:// or http://",
)
INVALID = "Enter a web address, like www.example.org/help or https://example.org/help"
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
MAX_TYPED_LENGTH = 200


def tidy(typed: str) -> str:
    """Return text without the invisible characters that come with a paste."""
    seen = "".join(each for each in typed if unicodedata.category(each) != "Cf")
    return " ".join(seen.split())


class WebAddressField(forms.URLField):
    """A web address; https:// may be left out before a host name."""

    default_validators = [URLValidator(schemes=SCHEMES, message=INVALID)]
    default_error_messages = {"invalid": INVALID}

    def __init__(self, **kwargs):
        super().__init__(**{"assume_scheme": "https", **kwargs})

    def to_python(self, value):
        value = tidy(value or "")
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
    if len(number) > MAX_TYPED_LENGTH:
        return ""
    # Full-width digits become ASCII, and the dashes of word processors hyphens.
    text = re.sub("[\u2010-\u2015]", "-", normalise(tidy(number)).strip())
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
