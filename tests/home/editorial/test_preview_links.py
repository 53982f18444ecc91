"""Someone without an account can read one draft until the link expires."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageLogEntry, PageViewRestriction

from home.content.dates import format_time
from home.editorial.preview_links.models import PreviewLink
from search.models import Enquiry
from tests.factories import StandardPageFactory

WORKS_UNTIL = timedelta(days=7)


@pytest.fixture
def draft(section):
    """Return a live page with a newer draft."""
    page = StandardPageFactory(parent=section, title="As it is")
    page.save_revision().publish()
    page.title = "As it will be"
    page.save_revision()
    return page


@pytest.fixture
def make_link(admin_client):
    """Return a function that makes a link as an editor does; gives its address."""

    def make(page, note="Cllr Smith", days="7"):
        address = reverse("preview_links", args=[page.pk])
        response = admin_client.post(address, {"note": note, "days": days})
        assert response.status_code == 302
        return PreviewLink.objects.first().get_absolute_url()

    return make


def test_reader_without_an_account_sees_the_draft(draft, make_link, read):
    html = read(make_link(draft))
    assert html.h1.get_text() == "As it will be"
    assert "This is a preview." in html.select_one(".preview-notice").get_text()


def test_everybody_else_goes_on_seeing_the_published_page(draft, make_link, read):
    make_link(draft)
    html = read(draft.url)
    assert html.h1.get_text() == "As it is"
    assert not html.select(".preview-notice")


def test_draft_in_a_private_section_can_be_read(section, draft, make_link, read):
    PageViewRestriction.objects.create(page=section, restriction_type="login")
    assert read(make_link(draft)).h1.get_text() == "As it will be"


def test_reader_always_sees_the_newest_draft(draft, make_link, read):
    address = make_link(draft)
    draft.title = "Newer still"
    draft.save_revision()
    assert read(address).h1.get_text() == "Newer still"


def test_draft_is_never_cached_and_never_listed(draft, make_link, client):
    address = make_link(draft)
    for _ in range(2):
        response = client.get(address)
        assert "no-store" in response["Cache-Control"]
        assert "private" in response["Cache-Control"]
        assert "noindex" in response["X-Robots-Tag"]
        assert "not-a-page" in response["Cache-Status"]
        assert not response.cookies


def test_secret_is_in_no_link_and_not_sent_to_other_sites(draft, make_link, client):
    address = make_link(draft)
    token = PreviewLink.objects.get().token
    response = client.get(address)
    assert response["Referrer-Policy"] == "same-origin"
    assert token not in response.content.decode()


def test_link_stops_at_its_second(draft, make_link, read):
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        address = make_link(draft)
        traveller.shift(WORKS_UNTIL - timedelta(seconds=1))
        read(address)
        traveller.shift(timedelta(seconds=1))
        html = read(address, status=404)
    assert html.h1.get_text() == "This preview link does not work"
    assert "As it will be" not in html.get_text()


def test_link_that_is_taken_back_stops_at_once(draft, make_link, admin_client, read):
    address = make_link(draft)
    link = PreviewLink.objects.get()
    revoke = reverse("revoke_preview_link", args=[draft.pk, link.pk])
    for _ in range(2):
        assert admin_client.post(revoke).status_code == 302
        read(address, status=404)


def test_taking_back_needs_a_post(draft, make_link, admin_client, read):
    address = make_link(draft)
    link = PreviewLink.objects.get()
    revoke = reverse("revoke_preview_link", args=[draft.pk, link.pk])
    assert admin_client.get(revoke).status_code == 405
    read(address)


def test_link_of_another_page_is_not_taken_back(
    draft, section, make_link, admin_client
):
    make_link(draft)
    link = PreviewLink.objects.get()
    admin_client.post(reverse("revoke_preview_link", args=[section.pk, link.pk]))
    assert PreviewLink.objects.exists()


@pytest.mark.parametrize("token", ["", "x", "a" * 300, "é", "%00", "x/y"])
def test_made_up_address_finds_nothing(token, draft, make_link, client):
    make_link(draft)
    assert client.get(f"/preview/{token}/").status_code == 404


def test_link_cannot_be_posted_to(draft, make_link, client):
    assert client.post(make_link(draft)).status_code == 405


def test_editor_sees_the_active_links(draft, make_link, admin_client):
    make_link(draft, note="Mrs Green")
    address = reverse("preview_links", args=[draft.pk])
    text = admin_client.get(address).content.decode()
    assert "Mrs Green" in text
    assert "“As it will be”" in text
    assert f"at {format_time(PreviewLink.objects.get().expires_at)}" in text
    assert f"http://testserver/preview/{PreviewLink.objects.get().token}/" in text
    PreviewLink.objects.update(expires_at=timezone.now())
    assert "Mrs Green" not in admin_client.get(address).content.decode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"note": "", "days": "7"}, "Enter who the link is for"),
        ({"note": "x", "days": "3650"}, "3650"),
        ({"note": "x"}, "required"),
    ],
)
def test_link_without_reader_or_end_is_refused(fields, message, draft, admin_client):
    response = admin_client.post(reverse("preview_links", args=[draft.pk]), fields)
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not PreviewLink.objects.exists()


def test_history_of_the_page_records_its_links(draft, make_link, admin_client):
    make_link(draft)
    link = PreviewLink.objects.get()
    admin_client.post(reverse("revoke_preview_link", args=[draft.pk, link.pk]))
    entries = PageLogEntry.objects.filter(action__startswith="home.preview_link")
    assert {entry.message for entry in entries} == {
        "Created a preview link for 'Cllr Smith'",
        "Revoked the preview link for 'Cllr Smith'",
    }


def test_editor_of_other_pages_can_neither_create_nor_revoke(draft, make_link, client):
    make_link(draft)
    link = PreviewLink.objects.get()
    editor = User.objects.create_user("editor")
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(editor)
    address = reverse("preview_links", args=[draft.pk])
    revoke = reverse("revoke_preview_link", args=[draft.pk, link.pk])
    for method, path in (("get", address), ("post", address), ("post", revoke)):
        response = getattr(client, method)(path, {"note": "x", "days": "7"})
        assert response.status_code == 302
        assert response["Location"] == reverse("wagtailadmin_home")
    assert PreviewLink.objects.count() == 1


def test_expired_links_are_forgotten(draft, make_link):
    make_link(draft)
    PreviewLink.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    call_command("run_jobs")
    assert PreviewLink.objects.exists()
    PreviewLink.objects.update(expires_at=timezone.now())
    call_command("run_jobs")
    assert not PreviewLink.objects.exists()


def test_feedback_from_a_reader_does_not_contain_the_secret(
    draft, make_link, read, client
):
    html = read(make_link(draft))
    links = [a["href"] for a in html.select("a[href*=cant-find-it]")]
    assert links
    assert all("preview" not in href for href in links)
    assert not Enquiry.objects.exists()
