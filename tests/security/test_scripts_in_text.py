"""Whatever someone types into the site is only text wherever it is shown.

Every text field of every row holds a payload, one payload after the other, and every
surface is read: those of residents, and those of the admin.
"""

from urllib.parse import quote

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import safestring
from wagtail.models import Page

from search.engine.index import PageIndex, page_index
from tests.factories import EnquiryFactory
from tests.hiding_site import LINKS, SURFACES, HidingSite
from tests.security.filling import fill, rich
from tests.security.payloads import MARK, PAYLOADS, faults_of
from tests.stockton_cms.permissions.addresses import SKIPPED, addresses, patterns
from tests.stockton_cms.permissions.world import OWN, make_person, make_world

REFERENCE = "BCDFGHJKMN"
ECHOES = [
    "/search/?query={0}",
    "/search/?query=xss7&type={0}&section={0}&sort={0}&page=1",
    "/cant-find-it/?query={0}&from={0}",
    "/{0}/",
    "/account/login/?next={0}",
    "/documents/1/{0}",
]
FORMS = {
    "/cant-find-it/": ("message", "email", "query", "from_path"),
    "/account/login/": ("login", "password", "next"),
    "/account/password/": ("email",),
}


@pytest.fixture
def site(home, section, uncached):
    HidingSite(home, section)
    EnquiryFactory(
        reference=REFERENCE, answered_at="2026-01-01T00:00Z", outcome="found"
    )
    page = Page.objects.get(slug="about")
    return [
        *sorted({address for address, _ in (SURFACES | LINKS).values()}),
        "/search/?query=xss7",
        f"/cant-find-it/answers/{REFERENCE}/",
        f"/was-this-page-useful/{page.pk}/no/",
        "/no-such-page/",
    ]


def start_anew():
    caches["default"].clear()
    caches["last_known"].clear()
    page_index.__dict__.update(PageIndex().__dict__)
    return Client(raise_request_exception=False)


def read(client, address):
    """Return the HTML at an address; nothing where there is none."""
    response = client.get(address, follow=True)
    assert response.status_code < 500, (address, response.status_code)
    is_markup = response["Content-Type"].startswith(("text/html", "application/xml"))
    if response.streaming or not is_markup:
        return ""
    return response.content.decode()


def look(client, surfaces):
    """Return where something would run, and on which surfaces the text is shown."""
    pages = {address: read(client, address) for address in surfaces}
    faults = {
        address: found for address, html in pages.items() if (found := faults_of(html))
    }
    return faults, {address for address, html in pages.items() if MARK in html}


def answers(client, payload):
    """Return what the site answers to a payload in an address or in a form."""
    for echo in ECHOES:
        yield echo, read(client, echo.format(quote(payload, safe="")))
    for path, fields in FORMS.items():
        response = client.post(path, dict.fromkeys(fields, payload))
        assert response.status_code < 500
        yield path, response.content.decode()


@pytest.mark.security
def test_text_of_every_field_is_only_text_on_every_public_surface(
    site, record_property
):
    shown, fields = set(), 0
    for payload in PAYLOADS:
        fields = fill(payload)
        faults, found = look(start_anew(), site)
        assert faults == {}, payload
        shown |= found
    record_property(
        "measured",
        f"{len(PAYLOADS)} payloads x {fields} fields x {len(shown)} public pages",
    )
    assert len(shown) > 12
    assert fields > 40


def test_what_somebody_asks_for_is_only_text_in_the_answer(home, section):
    client, shown = start_anew(), set()
    for payload in PAYLOADS[::7]:
        for where, html in answers(client, payload):
            assert faults_of(html) == [], (where, payload)
            if MARK in html:
                shown.add(where)
    assert len(shown) >= 4


@pytest.mark.security
def test_text_of_every_field_is_only_text_in_the_admin(
    home, section, uncached, record_property
):
    officer = make_person("administrator")
    things = make_world(home, section, officer)[OWN]
    client = start_anew()
    client.force_login(officer)
    surfaces = sorted(
        {
            address.path
            for pattern in patterns()
            if pattern.name not in SKIPPED
            for address in addresses(pattern, things, OWN)
            if "export=" not in address.path and "delete_upload" not in address.name
        }
    )
    all_shown = set()
    for start in range(0, len(PAYLOADS), 16):
        # In a text of any length all of them, in others as many as it holds.
        fill(" ".join(PAYLOADS[start:] + PAYLOADS[:start]), with_drafts=True)
        faults, shown = look(client, surfaces)
        assert faults == {}
        all_shown |= shown
        surfaces = sorted(shown)
    record_property(
        "measured", f"{len(PAYLOADS)} payloads x {len(all_shown)} admin pages"
    )
    assert len(all_shown) > 60


@pytest.mark.parametrize("payload", PAYLOADS[:60:9])
def test_unescaped_it_would_run(home, section, uncached, payload, monkeypatch):
    """Prove that the tests above would see it."""
    HidingSite(home, section)
    fill(payload)
    monkeypatch.setattr(
        "django.template.base.conditional_escape",
        lambda text: safestring.SafeString(text),
    )
    surfaces = ["/", "/stronger-communities/", "/about/"]
    faults, _ = look(start_anew(), surfaces)
    assert faults


def test_script_posted_as_rich_text_is_not_stored():
    for payload in PAYLOADS:
        stored = rich(payload)
        assert faults_of(stored) == []
        assert 'href="javascript' not in stored
