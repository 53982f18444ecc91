"""What a link that staff type may be."""

from django.core.validators import RegexValidator, URLValidator

# A browser runs what a `javascript:` or `data:` link says, so only these may be typed.
validate_web_address = URLValidator(
    schemes=["http", "https"],
    message="Type a whole web address that begins with https:// or http://.",
)

validate_phone_number = RegexValidator(
    r"^\+?[0-9 ()-]{3,30}$",
    message="Type a phone number with figures and spaces only, such as 01632 960000.",
)


def phone_link(number: str) -> str:
    """Return the `tel:` address (RFC 3966) of a phone number."""
    return "tel:" + "".join(sign for sign in number if sign.isdigit() or sign == "+")
