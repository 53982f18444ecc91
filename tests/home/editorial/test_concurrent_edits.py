"""Editors are warned if they save over another version, and no one else is."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from wagtail.test.utils.form_data import querydict_from_html

from community.models import AlertSnippet
from home.editorial.models import MAX_WINDOW_AGE, EditingWindow, purge_expired
from tests.factories import AlertFactory, StandardPageFactory


@pytest.fixture
def page(section):
    page = StandardPageFactory(parent=section)
    page.save_revision().publish()
    return page


@pytest.fixture
def form(page, admin_form):
    """Return the editor's form before anyone else saved."""
    return admin_form(reverse("wagtailadmin_pages:edit", args=[page.pk]))


@pytest.fixture
def colleague(page):
    return get_user_model().objects.create_superuser(
        "ann", first_name="Ann", last_name="<b>Other</b>"
    )


def post(client, address, form):
    """Send a form as a button does; return the warnings that follow."""
    response = client.post(address, form)
    assert response.status_code == 302
    messages = [str(message) for message in get_messages(response.wsgi_request)]
    return [text for text in messages if "after you opened" in text]


def save(client, page, form, **fields):
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    return post(client, address, {**form, "minor_edit": "on", **fields})


def autosave(client, page, form, **fields):
    """Save as the editor does by itself (see recorded_editing.json)."""
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    headers = {"accept": "application/json"}
    return client.post(address, {**form, **fields}, headers=headers).json()


@pytest.mark.parametrize("button", ["", "action-submit"])
def test_second_editor_sees_who_saved_and_can_compare(
    button, page, form, colleague, admin_client
):
    others = page.save_revision(user=colleague)
    said = autosave(admin_client, page, form, summary="One")["error_message"]
    assert "both versions are stored, and yours becomes the latest" in said
    [warning] = save(admin_client, page, form, **({button: "on"} if button else {}))
    page.refresh_from_db()
    compare = f"revisions/compare/{others.pk}...{page.latest_revision_id}/"
    assert "Ann &lt;b&gt;Other&lt;/b&gt; (ann) saved this page on" in warning
    assert compare in warning
    assert others.pk != page.latest_revision_id


@pytest.mark.parametrize("button", ["", "action-publish"])
def test_what_the_editor_saves_by_itself_is_no_other_version_and_ends_with_sending(
    button, page, form, admin_client
):
    first = autosave(admin_client, page, form, summary="One")
    autosave(
        *(admin_client, page, form),
        summary="Two",
        overwrite_revision_id=first["revision_id"],
    )
    # As if the answers had never arrived.
    assert not autosave(admin_client, page, form, summary="Three")["success"]
    assert save(admin_client, page, form, **({button: "on"} if button else {})) == []
    versions = page.revisions.count()
    newest = page.revisions.latest("created_at")
    late = {
        "loaded_revision_id": newest.pk,
        "loaded_revision_created_at": newest.created_at.isoformat(),
    }
    assert autosave(admin_client, page, form)["error_code"] == "already_sent"
    assert autosave(admin_client, page, form, **late)["error_code"] == "already_sent"
    assert page.revisions.count() == versions
    # The control: another window may.
    other = {**late, "editing_window": "", "minor_edit": "on"}
    assert autosave(admin_client, page, form, **other)["success"]


def test_warning_appears_after_what_was_typed_had_to_be_corrected(
    page, form, colleague, admin_client
):
    # Decisions are never sent automatically.
    decision = {"action-workflow-action": "true", "workflow-action-name": "approve"}
    for fields in (decision, {"action-publish": "on"}):
        answer = autosave(admin_client, page, form, **fields)
        assert answer["error_code"] == "already_sent"
    assert page.revisions.count() == 1
    page.save_revision(user=colleague)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    wrong = {**form, "title": "", "action-publish": "on"}
    html = admin_client.post(address, wrong).content.decode()
    corrected = querydict_from_html(html, form_id="page-edit-form").dict()
    corrected["title"] = "A title"
    assert len(save(admin_client, page, {**form, **corrected})) == 1


def test_new_page_that_was_sent_is_not_made_twice(section, admin_client, admin_form):
    parts = ["home", "standardpage", section.pk]
    address = reverse("wagtailadmin_pages:add", args=parts)
    form = {**admin_form(address), "title": "Once", "slug": "once"}
    assert admin_client.post(address, form).status_code == 302
    headers = {"accept": "application/json"}
    late = admin_client.post(address, {**form, "slug": "twice"}, headers=headers)
    assert late.status_code == 409
    section.refresh_from_db()
    assert section.get_children().count() == 1


def test_alert_is_treated_like_a_page(colleague, admin_client, admin_form):
    alert = AlertFactory()
    alert.save_revision()
    url_name = AlertSnippet.snippet_viewset.get_url_name
    address = reverse(url_name("edit"), args=[alert.pk])
    form = admin_form(address)
    headers = {"accept": "application/json"}
    assert admin_client.post(address, form, headers=headers).json()["success"]
    assert post(admin_client, address, form) == []
    form = admin_form(address)
    others = alert.save_revision(user=colleague)
    [warning] = post(admin_client, address, form)
    assert "saved this item on" in warning
    assert f"/{others.pk}...{alert.revisions.latest('pk').pk}/" in warning


def test_form_with_a_wrong_window_or_time_is_saved_all_the_same(
    page, form, admin_client
):
    for name in ("", "nonsense", "\x00", "9" * 500):
        save(admin_client, page, form, editing_window=name)
    for value in ("nonsense", "2027-01-01", "", "9999-12-31T23:59:59-14:00"):
        save(admin_client, page, form, version_opened=value)
    # Windows are deleted after a month.
    purge_expired(timezone.now() + MAX_WINDOW_AGE - timedelta(hours=1))
    assert EditingWindow.objects.exists()
    purge_expired(timezone.now() + MAX_WINDOW_AGE)
    assert not EditingWindow.objects.exists()


def test_comparison_says_whose_versions_it_shows(page, colleague, admin_client):
    first = page.revisions.get()
    theirs = page.save_revision(user=colleague)
    name = "wagtailadmin_pages:revisions_compare"
    for versions, legend in (
        ((first.pk, theirs.pk), "Red: only in the version saved on"),
        (("live", "latest"), "Red: only in the published version."),
    ):
        html = admin_client.get(reverse(name, args=[page.pk, *versions])).content
        text = BeautifulSoup(html, "html.parser").main.get_text(" ", strip=True)
        text = text.replace(" :", ":").replace(" .", ".")
        assert legend in text
        assert "Green: only in the version saved by Ann <b>Other</b> (ann) on" in text
