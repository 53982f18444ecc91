import pytest
from django.core.exceptions import ValidationError

from home.content.fields import (
    WebAddressField,
    phone_link,
    validate_phone_number,
    web_link,
)

NUMBERS = {
    "01632 960123 ext 4": "01632960123;ext=4",
    "01632 960123x4": "01632960123;ext=4",
    "01632 960123 #4": "01632960123;ext=4",
    "01632 960123, Extn. 204": "01632960123;ext=204",
    "01632 960123 (ext: 4)": "01632960123;ext=4",
    "+44 (0)1642 526026": "+441642526026",
    "+44 (0)1642 526026 ext 12": "+441642526026;ext=12",
    "+44 ( 0 ) 1642-526026": "+441642526026",
    "+44 01642 526026": "+441642526026",
    "(+44) 1642 526026": "+441642526026",
    "0044 (0)1642 526026": "+441642526026",
    "+353 (0)1 234 5678": "+35312345678",
    "+39 06 1234 5678": "+390612345678",
    "(01642) 526026": "01642526026",
    "01642.526.026": "01642526026",
    "01642\u00a0526026": "01642526026",
    "01642\u2011526026": "01642526026",
    "01642 \u2013 526026": "01642526026",
    "\u200b01642 526026\u200e": "01642526026",
    "＋４４　１６４２　５２６０２６": "+441642526026",
    "tel:01642526026": "01642526026",
    "tel:+441642526026;ext=4": "+441642526026;ext=4",
    "101": "101",
    "0800 1111": "08001111",
    "18001 01642 526026": "1800101642526026",
}


@pytest.mark.parametrize(("typed", "dialled"), NUMBERS.items())
def test_phone_number_leads_to_what_a_phone_dials(typed, dialled):
    validate_phone_number(typed)
    assert phone_link(typed) == f"tel:{dialled}"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "call us",
        "0",
        "+44",
        "ext 4",
        "01642 526026 or 526027",
        "01632'960000",
        "9" * 31,
    ],
)
def test_what_no_phone_can_dial_is_refused_with_an_example(typed):
    assert phone_link(typed) == ""
    with pytest.raises(ValidationError, match="01632 960000 ext 4"):
        validate_phone_number(typed)


ADDRESSES = {
    "www.example.org/path": "https://www.example.org/path",
    "example.org": "https://example.org",
    "//example.org/a?b=c#d": "https://example.org/a?b=c#d",
    "https://example.org:8080/x": "https://example.org:8080/x",
    " www.exam\u200bple.org\u00a0": "https://www.example.org",
    "bücher.example": "https://bücher.example",
    "http://example.org": "http://example.org",
}


@pytest.mark.parametrize(("typed", "whole"), ADDRESSES.items())
def test_web_address_is_completed(typed, whole):
    assert WebAddressField().clean(typed) == whole


@pytest.mark.parametrize(
    "typed",
    [
        "hello",
        "jo@example.org",
        "mailto:jo@example.org",
        "javascript:alert(1)",
        "/path",
        "htp://example.org",
        "http://[a",
        "ftp://example.org",
        "1.30",
    ],
)
def test_what_is_clearly_no_web_address_is_refused_in_plain_words(typed):
    with pytest.raises(ValidationError, match="Enter a web address, like"):
        WebAddressField().clean(typed)


def test_only_web_addresses_of_a_draft_become_links():
    assert web_link("https://example.org") == "https://example.org"
    for typed in ("javascript:alert(1)", " javascript:alert(1)", "example", "", None):
        assert web_link(typed) == ""
