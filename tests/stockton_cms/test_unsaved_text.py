"""What was typed in the admin comes back where it cannot be saved just now."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from community.models import AlertSnippet
from tests.factories import AlertFactory, EnquiryFactory, StandardPageFactory

TYPED = 'Ninety-nine words & <b>more</b>\r\nin "two" lines that no one has kept'
# As Chromium sends it with a form.
OURS = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
FOREIGN = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def officer(db):
    return get_user_model().objects.create_superuser("ann")


@pytest.fixture
def browser(officer):
    """Return a browser that is signed in and sends no token unless told."""
    client = Client(enforce_csrf_checks=True, headers=OURS)
    client.force_login(officer)
    return client


def page_editor(section):
    page = StandardPageFactory(parent=section)
    page.save_revision().publish()
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


PLACES = {
    "a page": page_editor,
    "a new page": lambda section: reverse(
        "wagtailadmin_pages:add", args=["home", "standardpage", section.pk]
    ),
    "an alert": lambda section: reverse(
        AlertSnippet.snippet_viewset.get_url_name("edit"), args=[AlertFactory().pk]
    ),
    "settings": lambda section: reverse(
        "wagtailsettings:edit", args=["home", "sitesettings", 1]
    ),
    "an enquiry": lambda section: (
        f"{reverse('search_enquiry_modeladmin_index')}inspect/{EnquiryFactory().pk}/"
    ),
}


def given_back(response):
    html = BeautifulSoup(response.content, "html.parser")
    form = html.select_one("main form")
    fields = form.select("[type=hidden]") if form else []
    return form, {field["name"]: field["value"] for field in fields}


def test_form_of_a_session_that_has_ended_is_given_back_whole(section, browser):
    form = {"title": "A", "tags": ["one", "two"], "text": TYPED, "action-publish": "x"}
    form["csrfmiddlewaretoken"] = token_of(browser)
    browser.session.flush()
    for what, place in PLACES.items():
        address = place(section)
        response = browser.post(address, form)
        assert response.status_code == 401, what
        assert response.headers["Cache-Control"] == "no-store"
        sent_again, fields = given_back(response)
        assert sent_again["action"] == address
        assert "been signed out" in response.content.decode()
        tags = [each["value"] for each in sent_again.select("[name=tags]")]
        assert tags == ["one", "two"]
        assert (fields["text"], fields["action-publish"]) == (TYPED, "x")


def token_of(browser):
    headers = {"accept": "application/json"}
    return browser.get(reverse("admin_session"), headers=headers).json()["token"]


@pytest.fixture
def form(section, admin_form):
    address = page_editor(section)
    return address, {**admin_form(address), "minor_edit": "on", "summary": TYPED}


def test_foreign_form_is_not_given_back(form, browser):
    """The control: another site cannot have its words shown as one's own."""
    address, fields = form
    for headers in (FOREIGN, {"Origin": "null", "Sec-Fetch-Site": "same-site"}):
        response = browser.post(address, fields, headers=headers)
        assert response.status_code == 403
        assert given_back(response)[0] is None
        assert "Ninety-nine" not in response.content.decode()


@pytest.mark.parametrize("end", ["signed out", "deactivated", "second step", "role"])
def test_automatic_save_is_told_why_nothing_was_saved(
    form, browser, officer, settings, caplog, end
):
    address, fields = form
    fields["csrfmiddlewaretoken"] = token_of(browser)
    if end == "signed out":
        browser.session.flush()
    elif end == "second step":
        settings.SECOND_STEP_REQUIRED = True
    else:
        officer.is_superuser, officer.is_active = False, end != "deactivated"
        officer.save()
    headers = {**OURS, "accept": "application/json"}
    response = browser.post(address, fields, headers=headers)
    assert response.status_code == 401
    assert response.json() == {"success": False, "error_code": "signed_out"}
    session = browser.get(reverse("admin_session"), headers=headers)
    assert session.status_code == 401
    # Nor does what says that someone is still editing read of an error.
    headers = {**OURS, "X-Requested-With": "XMLHttpRequest"}
    names = ["home", "standardpage", address.split("/")[-3], 1]
    ping = reverse("wagtailadmin_editing_sessions:ping", args=names)
    caplog.clear()
    token = {"csrfmiddlewaretoken": fields["csrfmiddlewaretoken"]}
    assert browser.post(ping, token, headers=headers).status_code == 401
    assert not [each for each in caplog.records if each.exc_info]
    assert given_back(browser.post(address, fields))[1]["summary"] == TYPED


def test_large_form_of_a_session_that_has_ended_is_not_blamed_on_the_site(
    form, browser
):
    address, fields = form
    # As many fields as a page with one block of each kind has.
    fields |= {f"body-{number}-value": TYPED * 2 for number in range(106)}
    browser.cookies.clear()
    headers = {**OURS, "accept": "application/json"}
    response = browser.post(address, fields, headers=headers)
    assert response.status_code == 401
    assert response.json()["error_code"] == "signed_out"
    response = browser.post(address, fields)
    assert response.status_code == 401
    assert "go back in this tab and save again" in response.content.decode()
    # The control: it is not read, as no other that is so large.
    assert given_back(response)[0] is None
    assert browser.post(reverse("enquiry"), fields).status_code == 413


def test_error_of_the_server_gives_back_what_was_typed(form, browser, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    address, fields = form
    fields["csrfmiddlewaretoken"] = token_of(browser)
    browser.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(Page, "save_revision", fail)
        response = browser.post(address, fields)
    assert response.status_code == 500
    assert given_back(response)[1]["summary"] == TYPED
    assert "there is a problem with the website" in response.content.decode()


def test_reading_in_the_admin_still_leads_to_sign_in(section, browser):
    # Who is signed in reads that they can go back.
    html = browser.get(reverse("admin_session")).content.decode()
    assert "return to your work" in html
    address = page_editor(section)
    browser.session.flush()
    response = browser.get(address)
    assert response.headers["Location"].startswith(reverse("account_login"))
