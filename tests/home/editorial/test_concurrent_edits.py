"""Whoever saves over another's version of a page is told, and where to find it."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from tests.factories import StandardPageFactory


@pytest.fixture
def page(section):
    page = StandardPageFactory(parent=section)
    page.save_revision().publish()
    return page


@pytest.fixture
def form(page, admin_form):
    """Return the editor's form as it was before anybody else saved."""
    return admin_form(reverse("wagtailadmin_pages:edit", args=[page.pk]))


@pytest.fixture
def somebody(page):
    return get_user_model().objects.create_superuser(
        "ann", first_name="Ann", last_name="<b>Other</b>"
    )


def save(client, page, form, **fields):
    """Save in the editor; return what it says afterwards."""
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    response = client.post(address, {**form, "minor_edit": "on", **fields})
    assert response.status_code == 302
    messages = [str(message) for message in get_messages(response.wsgi_request)]
    return [text for text in messages if "after you had opened" in text]


@pytest.mark.parametrize("button", ["", "action-publish", "action-submit"])
def test_second_is_told_who_saved_before_and_where_it_is(
    button, page, form, somebody, admin_client
):
    others = page.save_revision(user=somebody)
    [told] = save(admin_client, page, form, **({button: "on"} if button else {}))
    page.refresh_from_db()
    compare = f"revisions/compare/{others.pk}...{page.latest_revision_id}/"
    assert "Ann &lt;b&gt;Other&lt;/b&gt; (ann) saved this page on" in told
    assert compare in told
    assert others.pk != page.latest_revision_id


def test_who_is_alone_is_told_nothing(page, form, admin_client):
    assert save(admin_client, page, form) == []


def test_what_the_editor_saved_by_itself_is_no_other_version(
    page, form, admin_client, admin_user
):
    own = page.save_revision(user=admin_user)
    for button in ({}, {"action-publish": "on"}):
        fields = {"overwrite_revision_id": own.pk, **button}
        assert save(admin_client, page, form, **fields) == []


def test_who_saved_in_another_window_is_told(page, form, admin_client, admin_user):
    page.save_revision(user=admin_user)
    [told] = save(admin_client, page, form)
    assert "You saved this page in another window on" in told


def test_first_version_of_a_page_counts_too(section, admin_form, somebody, admin_user):
    page = StandardPageFactory(parent=section)
    client = Client()
    client.force_login(admin_user)
    form = admin_form(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    assert "loaded_revision_id" not in form
    page.save_revision(user=somebody)
    assert len(save(client, page, form)) == 1


@pytest.mark.parametrize("value", ["nonsense", "2027-01-01", ""])
def test_form_with_a_wrong_time_is_saved_all_the_same(value, page, form, admin_client):
    save(admin_client, page, form, loaded_revision_created_at=value)


def test_version_of_an_account_that_is_gone_has_no_name(page, form, admin_client):
    page.save_revision()
    [told] = save(admin_client, page, form)
    assert "Somebody else saved this page on" in told
