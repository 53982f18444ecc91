"""Someone without an account can read one draft until the link expires."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageLogEntry, PageViewRestriction

from home.content.dates import format_time
from home.editorial.models import PreviewLink
from tests.factories import StandardPageFactory

WORKS_FOR = timedelta(days=7)


@pytest.fixture
def draft(section):
    """Return a live page with a newer draft."""
    page = StandardPageFactory(parent=section, title="As it is")
    page.save_revision().publish()
    page.title = "As it will be"
    page.save_revision()
    return page


@pytest.fixture
def make_link(draft, admin_client):
    """Return a function that makes a link as an editor does; gives its address."""

    def make():
        address = reverse("preview_links", args=[draft.pk])
        fields = {"note": "Cllr Smith", "days": "7"}
        assert admin_client.post(address, fields).status_code == 302
        return PreviewLink.objects.first().get_absolute_url()

    return make


def revoke_address(page):
    return reverse("revoke_preview_link", args=[page.pk, PreviewLink.objects.get().pk])


def test_only_readers_with_the_link_see_the_newest_draft(
    section, draft, make_link, read, client
):
    address = make_link()
    html = read(address)
    assert html.h1.get_text() == "As it will be"
    assert "This is a preview." in html.select_one(".preview-notice").get_text()
    html = read(draft.url)
    assert html.h1.get_text() == "As it is"
    assert not html.select(".preview-notice")
    PageViewRestriction.objects.create(page=section, restriction_type="login")
    draft.title = "Newer still"
    draft.save_revision()
    assert read(address).h1.get_text() == "Newer still"
    for token in ("", "x", "a" * 300, "é", "%00", "x/y"):
        assert client.get(f"/preview/{token}/").status_code == 404
    assert client.post(address).status_code == 405


def test_draft_is_never_cached_and_its_secret_goes_nowhere(make_link, client, read):
    address = make_link()
    token = PreviewLink.objects.get().token
    for _ in range(2):
        response = client.get(address)
        assert "no-store" in response["Cache-Control"]
        assert "private" in response["Cache-Control"]
        assert "noindex" in response["X-Robots-Tag"]
        assert "not-a-page" in response["Cache-Status"]
        assert response["Referrer-Policy"] == "same-origin"
        assert not response.cookies
        assert token not in response.content.decode()
    # Neither does it with feedback.
    links = [a["href"] for a in read(address).select("a[href*=cant-find-it]")]
    assert links
    assert all("preview" not in href for href in links)


def test_link_stops_at_its_second_and_is_purged(make_link, read):
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        address = make_link()
        traveller.shift(WORKS_FOR - timedelta(seconds=1))
        read(address)
        call_command("run_jobs")
        assert PreviewLink.objects.exists()
        traveller.shift(timedelta(seconds=1))
        html = read(address, status=404)
        call_command("run_jobs")
        assert not PreviewLink.objects.exists()
    assert html.h1.get_text() == "This preview link does not work"
    assert "As it will be" not in html.get_text()


def test_link_is_listed_and_can_be_revoked_by_post_from_its_own_page(
    draft, section, make_link, admin_client, read
):
    address = make_link()
    page = reverse("preview_links", args=[draft.pk])
    text = admin_client.get(page).content.decode()
    assert "“As it will be”" in text
    assert "Cllr Smith" in text
    assert f"at {format_time(PreviewLink.objects.get().expires_at)}" in text
    assert f"http://testserver{address}" in text
    revoke = revoke_address(draft)
    assert admin_client.get(revoke).status_code == 405
    admin_client.post(revoke_address(section))
    read(address)
    for _ in range(2):
        assert admin_client.post(revoke).status_code == 302
        read(address, status=404)
    entries = PageLogEntry.objects.filter(action__startswith="home.preview_link")
    assert {entry.message for entry in entries} == {
        "Created a preview link for 'Cllr Smith'",
        "Revoked the preview link for 'Cllr Smith'",
    }
    for fields, message in (
        ({"note": "", "days": "7"}, "Enter who the link is for"),
        ({"note": "x", "days": "3650"}, "3650"),
        ({"note": "x"}, "required"),
    ):
        assert message in admin_client.post(page, fields).content.decode()
    assert not PreviewLink.objects.exists()


def test_editor_of_other_pages_can_neither_create_nor_revoke(draft, make_link, editor):
    make_link()
    address, revoke = reverse("preview_links", args=[draft.pk]), revoke_address(draft)
    for method, path in (("get", address), ("post", address), ("post", revoke)):
        response = getattr(editor, method)(path, {"note": "x", "days": "7"})
        assert response.status_code == 302
        assert response["Location"] == reverse("wagtailadmin_home")
    assert PreviewLink.objects.count() == 1
