"""Officers write, publish and end alerts in the admin (A2, A7)."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from community.models import AlertScope, AlertSnippet
from community.models.alerts import AlertState, Severity
from tests.community.alerts import address_of
from tests.factories import AlertFactory, StandardPageFactory

VALID = {
    "heading": "Floods in Yarm",
    "severity": str(Severity.EMERGENCY),
    "scope": "site",
    "starts_at": "2020-01-01 09:00",
    "ends_at": "2090-01-01 09:00",
}
JSON = {"Accept": "application/json"}
DAY = timedelta(days=1)


def text_of(response):
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


def rows(*choices):
    fields = {"scope": "pages", "scopes-TOTAL_FORMS": str(len(choices))}
    for number, (row, page) in enumerate(choices):
        fields |= {
            f"scopes-{number}-id": str(row.pk if row else ""),
            f"scopes-{number}-page": str(page.pk if page else ""),
            f"scopes-{number}-include_descendants": "on",
            f"scopes-{number}-ORDER": str(number + 1),
            f"scopes-{number}-DELETE": "",
        }
    return fields


def test_officer_writes_and_publishes_an_alert(section, publish_alert, read):
    response = publish_alert(address_of("add"), **VALID)
    assert "'Floods in Yarm' has been published." in text_of(response)
    assert "Floods in Yarm" in read("/").select_one(".alerts").get_text()
    publish_alert(address_of("add"), **VALID | rows((None, section)))
    assert len(read("/").select(".alert")) == 1
    assert len(read(section.url).select(".alert")) == 2


def test_chosen_pages_may_be_exchanged_and_chosen_twice(section, publish_alert, read):
    pages = StandardPageFactory.create_batch(2, parent=section)
    alert = AlertFactory(scope="pages")
    old = [AlertScope.objects.create(alert=alert, page=page) for page in pages]
    exchanged = rows((old[0], pages[1]), (old[1], pages[0]), (None, pages[0]))
    publish_alert(address_of("edit", alert.pk), **exchanged)
    assert all(len(read(page.url).select(".alert")) == 1 for page in pages)


def test_officer_takes_down_and_deletes_an_alert(alert, admin_client, read):
    admin_client.post(address_of("unpublish", alert.pk))
    assert not read("/").select(".alerts")
    assert admin_client.get(address_of("delete", alert.pk)).status_code == 200
    admin_client.post(address_of("delete", alert.pk))
    assert not AlertSnippet.objects.exists()


def test_officer_compares_and_goes_back_to_an_older_revision(
    alert, admin_client, publish_alert, read
):
    first = alert.latest_revision_id
    publish_alert(address_of("edit", alert.pk), heading="Floods are over")
    latest = AlertSnippet.objects.get().latest_revision_id
    comparison = address_of("revisions_compare", alert.pk, first, latest)
    assert "over" in text_of(admin_client.get(comparison))
    publish_alert(address_of("revisions_revert", alert.pk, first))
    assert "Floods in Yarm" in read("/").select_one(".alert__heading").get_text()


def test_link_that_leads_nowhere_is_rejected(section, send_form):
    page = {"link_page": str(section.pk)}
    for link, field in (
        ({"link_text": "More", "link_url": "https://a.uk/", **page}, "url"),
        ({"link_text": "", "link_url": "https://example.gov.uk/"}, "text"),
        ({"link_text": "", **page}, "text"),
        ({"link_text": "More", "link_url": "javascript:alert(1)"}, "url"),
    ):
        response = send_form(address_of("add"), **VALID, **link)
        assert list(response.context["form"].errors) == [f"link_{field}"]
    assert not AlertSnippet.objects.exists()


def test_what_an_alert_needs_is_marked_and_asked_for(home, admin_client, send_form):
    page = BeautifulSoup(admin_client.get(address_of("add")).content, "html.parser")
    labels = page.main.select("label:has(.w-required-mark)")
    names = {label.get_text(" ", strip=True).rstrip("* ") for label in labels}
    assert {"Heading", "Starts", "Expected end"} <= names
    assert "Link text" not in names
    alert = AlertFactory(live=False)
    text = text_of(send_form(address_of("edit", alert.pk), ends_at=""))
    assert "The alert was not published." in text
    assert "could not be saved" not in text


def test_show_again_starts_unticked_for_each_edit(alert, publish_alert, admin_form):
    publish_alert(address_of("edit", alert.pk), show_again="on")
    alert.refresh_from_db()
    assert alert.dismissal_version == 2
    assert "show_again" not in admin_form(address_of("edit", alert.pk))
    publish_alert(address_of("edit", alert.pk), heading="Flood in Yarm")
    alert.refresh_from_db()
    assert alert.dismissal_version == 2


def test_preview_shows_the_alert_as_pages_will(home, admin_client, admin_form):
    preview = address_of("preview_on_add")
    data = {**admin_form(address_of("add")), **VALID, "heading": "Draft"}
    assert admin_client.post(preview, data).json()["is_valid"]
    html = BeautifulSoup(admin_client.get(preview).content, "html.parser")
    (shown,) = html.select(".alerts .alert")
    assert "Draft" in shown.get_text()
    assert shown["data-severity"] == "emergency"
    assert len(html.find_all("h1")) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"heading": "", "starts_at": "", "ends_at": ""},
        {"starts_at": "02/12/2026 10:00", "ends_at": "01/12/2026 10:00"},
        {"link_url": "https:/exa"},
        rows((None, None)),
    ],
    ids=["empty", "times in the wrong order", "part of an address", "no page"],
)
def test_unfinished_alert_is_saved_and_not_published(
    fields, home, admin_client, admin_form, send_form
):
    heading = {"heading": "Floods in Yarm"} | fields
    assert send_form(address_of("add"), button=None, **heading).status_code == 302
    alert = AlertSnippet.objects.get()
    edit = address_of("edit", alert.pk)
    page = admin_client.get(edit)
    assert "Before you publish:" in text_of(page)
    data = {**admin_form(edit), **fields}
    assert admin_client.post(edit, data, headers=JSON).json()["success"]
    preview = address_of("preview_on_edit", alert.pk)
    assert admin_client.post(preview, data).json()["is_valid"]
    assert admin_client.get(preview).status_code == 200
    assert admin_client.get(address_of("list")).status_code == 200
    send_form(edit)
    with pytest.raises(ValidationError):
        AlertSnippet.objects.get().latest_revision.publish(user=page.wsgi_request.user)
    assert not AlertSnippet.objects.get().live


def test_page_that_is_chosen_later_is_saved(section, admin_client, admin_form):
    alert = AlertFactory(live=False)
    alert.save_revision()
    edit = address_of("edit", alert.pk)
    data = {**admin_form(edit), **rows((None, None))}
    answer = admin_client.post(edit, data, headers=JSON).json()
    data |= dict(answer["field_updates"])
    data |= {"scopes-0-page": str(section.pk), "loaded_revision_id": ""}
    data["loaded_revision_created_at"] = answer["revision_created_at"]
    assert admin_client.post(edit, data, headers=JSON).json()["success"]
    draft = AlertSnippet.objects.get().get_latest_revision_as_object()
    assert [scope.page_id for scope in draft.scopes.all()] == [section.pk]


@pytest.mark.usefixtures("admin_search")
def test_list_says_the_state_of_each_alert_and_is_filtered_by_it(home, admin_client):
    now = timezone.now()
    over = {"starts_at": now - 2 * DAY, "ends_at": now - DAY / 2}
    states = {
        AlertState.ENDING_SOON: ("Ends ", {"ends_at": now + DAY / 48}),
        AlertState.LIVE: (
            "Live until ",
            {"ends_at": now + DAY, "has_unpublished_changes": True},
        ),
        AlertState.SCHEDULED: (
            "Starts ",
            {"starts_at": now + DAY, "ends_at": now + 2 * DAY},
        ),
        AlertState.DRAFT: ("Draft", {"live": False}),
        AlertState.ENDED: ("Ended ", over),
        AlertState.UNPUBLISHED: (
            "Unpublished",
            {"live": False, "first_published_at": now - DAY, **over},
        ),
    }
    for state in reversed(states):
        AlertFactory(heading=state.label, **states[state][1])
    query = {"q": "Live", "severity": "20", "state": AlertState.LIVE.value}
    response = admin_client.get(address_of("list"), query)
    assert [alert.heading for alert in response.context["object_list"]] == ["Live"]
    active = response.context["active_filters"]
    assert {each.field_label for each in active} == {"Severity", "Status"}
    table = BeautifulSoup(
        admin_client.get(address_of("list")).content, "html.parser"
    ).select("table.listing tbody tr")
    for row, (state, (words, _)) in zip(table, states.items(), strict=True):
        text = row.get_text(" ", strip=True)
        assert state.label in text
        assert words in text
        assert (", with unpublished changes" in text) == (state == AlertState.LIVE)
        response = admin_client.get(address_of("list"), {"state": state.value})
        listed = [alert.heading for alert in response.context["object_list"]]
        assert listed == [state.label]


def test_list_needs_no_query_for_each_alert(section, admin_client):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            text = text_of(admin_client.get(address_of("list")))
        return len(captured), text

    AlertFactory()
    AlertScope.objects.create(alert=AlertFactory(scope="pages"), page=section)
    queries()
    few, _ = queries()
    for _ in range(10):
        AlertScope.objects.create(alert=AlertFactory(scope="pages"), page=section)
    many, text = queries()
    assert many == few
    assert "Whole site" in text
    assert "Stronger communities and every page below it" in text


def test_deleting_a_page_in_scope_warns_first_and_leaves_the_alert(
    section, admin_client
):
    page = StandardPageFactory(parent=section, title="Yarm library")
    over = {"ends_at": timezone.now() - timedelta(minutes=1)}
    for heading, values in (("Closed", {}), ("Draft", {"live": False}), ("Over", over)):
        alert = AlertFactory(scope="pages", heading=heading, **values)
        AlertScope.objects.create(alert=alert, page=page)
    for deleted in (page, section):
        address = reverse("wagtailadmin_pages:delete", args=[deleted.pk])
        text = text_of(admin_client.get(address))
        assert "'Closed' is set to appear on 'Yarm library'" in text
        assert text.count("is set to appear on") == 1
    admin_client.post(address)
    assert AlertSnippet.objects.filter(live=True).count() == 2
    assert not AlertScope.objects.exists()


def test_deleting_pages_in_scope_together_is_rejected(section, admin_client):
    pages = StandardPageFactory.create_batch(2, parent=section)
    alert = AlertFactory(heading="Floods in Yarm", scope="pages")
    AlertScope.objects.create(alert=alert, page=pages[0])
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    ids = "&".join(f"id={page.pk}" for page in pages)
    response = admin_client.post(f"{address}?{ids}", follow=True)
    assert "Floods in Yarm" in text_of(response)
    assert section.get_children().count() == 2
