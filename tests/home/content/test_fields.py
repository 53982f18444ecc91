"""What is typed for an email address, a web address, a phone number or a time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail.admin.widgets import AdminDateInput, AdminDateTimeInput

from community.models import AlertSnippet
from home.content.fields import (
    INVALID_EMAIL,
    EmailAddressFormField,
    WebAddressField,
    address_key,
    mailbox_key,
    phone_link,
    validate_phone_number,
    web_link,
)
from home.models import HomePage
from tests.factories import PolicyUpdatePageFactory

EMAILS = {
    " Mailto: ann@example.org": "ann@example.org",
    " Ann@EXAMPLE.org\r\n": "ann@example.org",
    "ann @example. org": "ann@example.org",
    "ann\N{ZERO WIDTH SPACE}@exam\N{SOFT HYPHEN}ple.org\N{BOM}": "ann@example.org",
    "ａｎｎ＠example。org": "ann@example.org",
    "ann@exa\N{VARIATION SELECTOR-16}mple.org": "ann@example.org",
    "ann@XN--BCHER-KVA.example": "ann@bücher.example",
    "o'neil+bins_1=x@example.org": "o'neil+bins_1=x@example.org",
    "ann@3com.example": "ann@3com.example",
}
NO_EMAILS = [
    '"ann"@example.org',
    "ann%other.example@example.org",
    "other.example!ann@example.org",
    "@relay.example:ann@example.org",
    "ann@relay.example@example.org",
    "ann@[127.0.0.1]",
    "ann@[::1]",
    "ann@10.0.0.25",
    "ann@0x7f.0x00.0x01",
    "ann@2130706433",
    "ann@localhost",
    "ann@example.org.",
    "ann bell@example.org",
    "ann\N{ZERO WIDTH SPACE} bell@example.org",
    "ann@example.org\nBcc: all@example.org",
    "ann@example.org, bob@example.org",
    "Ann <ann@example.org>",
    "ķ@example.org",
    "ann@" + "ü" * 70 + ".example",
    "a" * 90 + "@" + ("ü" * 50 + ".") * 3 + "org",
]
WEB_ADDRESSES = {
    "www.example.org/path": "https://www.example.org/path",
    "//example.org/a?b=c#d": "https://example.org/a?b=c#d",
    "https://example.org:8080/x": "https://example.org:8080/x",
    " www.exam\u200bple.org\u00a0": "https://www.example.org",
    "bücher.example": "https://bücher.example",
    "http://example.org": "http://example.org",
}
NO_WEB_ADDRESSES = [
    "hello",
    "jo@example.org",
    "mailto:jo@example.org",
    "javascript:alert(1)",
    "/path",
    "http://[a",
    "htp://example.org",
    "ftp://example.org",
    "1.30",
]
NUMBERS = {
    "01632 960123 ext 4": "01632960123;ext=4",
    "01632 960123x4": "01632960123;ext=4",
    "01632 960123 #4": "01632960123;ext=4",
    "01632 960123, Extn. 204": "01632960123;ext=204",
    "01632 960123 (ext: 4)": "01632960123;ext=4",
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
    "01642 \u2013 526026": "01642526026",
    "\u200b01642 526026\u200e": "01642526026",
    "＋４４　１６４２　５２６０２６": "+441642526026",
    "tel:+441642526026;ext=4": "+441642526026;ext=4",
    "101": "101",
    "18001 01642 526026": "1800101642526026",
}
NO_NUMBERS = [
    *("", "call us", "0", "+44", "ext 4", "01632'960000", "9" * 31),
    "01642 526026 or 526027",
]


def test_an_email_address_is_stored_in_one_way_however_it_is_typed():
    clean = EmailAddressFormField().clean
    assert {typed: clean(typed) for typed in EMAILS} == EMAILS


@pytest.mark.parametrize("typed", NO_EMAILS)
def test_what_is_no_address_of_a_person_is_refused(typed):
    with pytest.raises(ValidationError) as refused:
        EmailAddressFormField().clean(typed)
    assert refused.value.messages == [INVALID_EMAIL]


def test_addresses_of_one_mailbox_count_as_one():
    hosts = ("Ann@bücher", "ann+1@xn--bcher-kva", "ann+a+b@BÜCHER")
    addresses = [f"{each}.example" for each in hosts]
    assert len({mailbox_key(each) for each in addresses}) == 1
    # But they are distinct as addresses, and so are other mailboxes.
    assert len({address_key(each) for each in addresses}) == 3
    others = [f"{name}@example.org" for name in ("ann", "ann.b", "+ann", "+bob")]
    assert len({mailbox_key(each) for each in others}) == 4


def test_everyone_is_held_to_the_same_addresses(client, db):
    typed = "ann@[10.0.0.1]"
    page = HomePage(title="Home", slug="home", owner_email=typed)
    user = get_user_model()(username="ann", email=typed, password="x")
    for thing, field in [(page, "owner_email"), (user, "email")]:
        with pytest.raises(ValidationError) as refused:
            thing.clean_fields(exclude=["path", "depth", "content_type"])
        assert refused.value.message_dict[field] == [INVALID_EMAIL]
    address = reverse("account_reset_password")
    response = client.post(address, {"email": typed})
    assert INVALID_EMAIL in response.content.decode()
    assert client.post(address, {"email": "Ann @example.org"}).status_code == 302


def test_web_address_is_completed_or_refused_with_an_example():
    clean = WebAddressField().clean
    assert {typed: clean(typed) for typed in WEB_ADDRESSES} == WEB_ADDRESSES
    for typed in NO_WEB_ADDRESSES:
        with pytest.raises(ValidationError, match="Enter a web address, like"):
            clean(typed)


def test_only_web_addresses_of_a_draft_become_links():
    assert web_link("https://example.org") == "https://example.org"
    for typed in ("javascript:alert(1)", " javascript:alert(1)", "example", "", None):
        assert web_link(typed) == ""


def test_phone_number_leads_to_what_a_phone_dials_or_is_refused():
    for typed, dialled in NUMBERS.items():
        validate_phone_number(typed)
        assert phone_link(typed) == f"tel:{dialled}"
    for typed in NO_NUMBERS:
        assert phone_link(typed) == ""
        with pytest.raises(ValidationError, match="01632 960000 ext 4"):
            validate_phone_number(typed)


def test_time_is_read_as_editors_type_it_or_they_are_shown_how():
    field = AlertSnippet.snippet_viewset.get_form_class().base_fields["ends_at"]
    for typed in ("27/11/2026 18:00", "27/11/26 18:00", "2026-11-27T18:00"):
        assert field.clean(typed) == datetime(2026, 11, 27, 18, tzinfo=UTC)
    for typed in ("11/27/2026 18:00", "tomorrow", "27/11/2026 25:00"):
        with pytest.raises(ValidationError, match="like 27/11/2026 18:00"):
            field.clean(typed)
    for typed in ("28/03/2027 01:30", "31/10/2027 01:30"):
        with pytest.raises(ValidationError, match="The clocks change that night"):
            field.clean(typed)


def test_dates_are_shown_and_read_as_officers_write_them(section, send_form, settings):
    at = datetime(2026, 11, 27, 18)
    assert AdminDateTimeInput().format_value(at) == "27/11/2026 18:00"
    assert AdminDateInput().format_value(at) == "27/11/2026"
    page = PolicyUpdatePageFactory(parent=section)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    response = send_form(address, button=None, review_on="03/04/2027")
    page.refresh_from_db()
    assert str(page.get_latest_revision_as_object().review_on) == "2027-04-03"
    # The picker leaves what was typed alone.
    html = response.client.get(reverse("wagtailadmin_home")).content.decode()
    assert html.index("jquery.datetimepicker.js") < html.index("js/admin-dates.js")
    script = Path(settings.BASE_DIR) / "stockton_cms/static/js/admin-dates.js"
    assert "validateOnBlur: false" in script.read_text()
