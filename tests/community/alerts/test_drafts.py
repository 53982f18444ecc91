"""A draft of an alert is saved incomplete; its times are required to publish it."""

import json
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from community.alerts.actions import publish_end
from community.models import AlertSnippet
from tests.factories import AlertFactory

ROW = {
    "scope": "pages",
    "scopes-TOTAL_FORMS": "1",
    "scopes-0-id": "",
    "scopes-0-page": "",
    "scopes-0-include_descendants": "on",
    "scopes-0-ORDER": "1",
}


def address_of(name, *arguments):
    return reverse(AlertSnippet.snippet_viewset.get_url_name(name), args=arguments)


def text_of(response):
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"heading": "", "starts_at": "", "ends_at": ""},
        {"starts_at": "02/12/2026 10:00", "ends_at": "01/12/2026 10:00"},
        {"link_url": "https:/exa"},
        ROW,
    ],
)
def test_unfinished_alert_is_saved_and_not_published(
    fields, home, admin_client, admin_form, send_form
):
    address = address_of("add")
    heading = {"heading": "Floods in Yarm"} | fields
    assert send_form(address, button=None, **heading).status_code == 302
    alert = AlertSnippet.objects.get()
    edit = address_of("edit", alert.pk)
    page = admin_client.get(edit)
    assert "Before you publish:" in text_of(page)
    data = {**admin_form(edit), **fields}
    answer = admin_client.post(edit, data, headers={"Accept": "application/json"})
    assert json.loads(answer.content)["success"]
    preview = reverse(
        AlertSnippet.snippet_viewset.get_url_name("preview_on_edit"), args=[alert.pk]
    )
    assert admin_client.post(preview, data).json()["is_valid"]
    assert admin_client.get(preview).status_code == 200
    assert admin_client.get(address_of("list")).status_code == 200
    assert send_form(edit).status_code == 200
    with pytest.raises(ValidationError):
        AlertSnippet.objects.get().latest_revision.publish(user=page.wsgi_request.user)
    assert not AlertSnippet.objects.get().live


def test_page_that_is_chosen_later_is_saved(section, admin_client, admin_form):
    alert = AlertFactory(live=False)
    alert.save_revision()
    edit = address_of("edit", alert.pk)
    data = {**admin_form(edit), **ROW}
    accept = {"Accept": "application/json"}
    answer = admin_client.post(edit, data, headers=accept).json()
    data |= dict(answer["field_updates"])
    data |= {"scopes-0-page": str(section.pk), "loaded_revision_id": ""}
    data["loaded_revision_created_at"] = answer["revision_created_at"]
    assert admin_client.post(edit, data, headers=accept).json()["success"]
    draft = AlertSnippet.objects.get().get_latest_revision_as_object()
    assert [scope.page_id for scope in draft.scopes.all()] == [section.pk]


def test_live_alert_is_ended_whatever_else_is_wrong_with_it(home, admin_user):
    alert = AlertFactory(link_url="https://example.org/", link_text="")
    alert.save_revision(clean=False)
    end = timezone.now() + timedelta(minutes=1)
    publish_end(alert, end, admin_user)
    alert.refresh_from_db()
    assert alert.ends_at == end


def test_script_in_the_address_of_a_draft_is_no_link(home):
    alert = AlertFactory.build(link_text="More", link_url="javascript:alert(1)")
    assert alert.as_visible_alert().link_href == ""
