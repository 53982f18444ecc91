"""Officers write, check, publish and end alerts in the admin (A2, A6, A7)."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from community.alerts.states import AlertState
from community.models import AlertScope, AlertSnippet
from community.models.visible_alerts import Severity
from tests.factories import AlertFactory, StandardPageFactory

VALID = {
    "heading": "Floods in Yarm",
    "severity": str(Severity.EMERGENCY),
    "scope": "site",
    "starts_at": "2020-01-01 09:00",
    "ends_at": "2090-01-01 09:00",
}


def address_of(name, *arguments):
    return reverse(AlertSnippet.snippet_viewset.get_url_name(name), args=arguments)


def text_of(response):
    return BeautifulSoup(response.content, "html.parser").get_text(" ", strip=True)


@pytest.fixture
def one_of_each_state(home):
    """Make an alert in each state; return their headings in the order of the list."""
    now, day = timezone.now(), timedelta(days=1)
    over = {"starts_at": now - 2 * day, "ends_at": now - day / 2}
    AlertFactory(heading="Over", **over)
    AlertFactory(heading="Taken down", live=False, first_published_at=now - day, **over)
    AlertFactory(heading="A draft", live=False)
    AlertFactory(heading="To come", starts_at=now + day, ends_at=now + 2 * day)
    AlertFactory(heading="Now", ends_at=now + day)
    AlertFactory(heading="Soon over", ends_at=now + timedelta(minutes=29, seconds=50))
    return ["Soon over", "Now", "To come", "A draft", "Over", "Taken down"]


@pytest.fixture
def alert(home):
    alert = AlertFactory(heading="Floods in Yarm")
    alert.save_revision().publish()
    alert.refresh_from_db()
    return alert


def test_officer_writes_and_publishes_an_alert(home, publish_alert, read):
    response = publish_alert(address_of("add"), **VALID)
    assert "'Floods in Yarm' has been published. Live until" in text_of(response)
    assert AlertSnippet.objects.get().live
    assert "Floods in Yarm" in read("/").select_one(".alerts").get_text()


def test_officer_chooses_pages_for_an_alert(section, publish_alert, read):
    scopes = {
        "scopes-TOTAL_FORMS": "1",
        "scopes-0-page": str(section.pk),
        "scopes-0-include_descendants": "on",
        "scopes-0-ORDER": "1",
        "scopes-0-id": "",
        "scopes-0-DELETE": "",
    }
    publish_alert(address_of("add"), **{**VALID, "scope": "pages", **scopes})
    assert not read("/").select(".alerts")
    assert read(section.url).select(".alerts")


def test_officer_edits_a_running_alert(alert, publish_alert, read):
    publish_alert(address_of("edit", alert.pk), heading="Floods in Egglescliffe")
    heading = read("/").select_one(".alert__heading").get_text()
    assert "Egglescliffe" in heading


def test_officer_ends_an_alert_now(alert, admin_client, read):
    admin_client.post(address_of("unpublish", alert.pk))
    assert not read("/").select(".alerts")


def test_officer_compares_and_goes_back_to_an_older_revision(
    alert, admin_client, publish_alert, read
):
    first = alert.latest_revision_id
    publish_alert(address_of("edit", alert.pk), heading="Floods are over")
    latest = AlertSnippet.objects.get().latest_revision_id
    comparison = admin_client.get(
        address_of("revisions_compare", alert.pk, first, latest)
    )
    assert "over" in text_of(comparison)
    older = admin_client.get(address_of("revisions_revert", alert.pk, first))
    assert "Floods in Yarm" in older.content.decode()
    publish_alert(address_of("revisions_revert", alert.pk, first))
    assert "Floods in Yarm" in read("/").select_one(".alert__heading").get_text()


def test_officer_deletes_an_alert(alert, admin_client, read):
    assert admin_client.get(address_of("delete", alert.pk)).status_code == 200
    admin_client.post(address_of("delete", alert.pk))
    assert not AlertSnippet.objects.exists()
    assert not read("/").select(".alerts")


def test_two_links_are_rejected(section, send_form):
    links = {
        "link_text": "More",
        "link_page": str(section.pk),
        "link_url": "https://example.gov.uk/",
    }
    response = send_form(address_of("add"), **VALID, **links)
    assert "Choose a page or enter a web address, not both" in text_of(response)


@pytest.mark.parametrize("kind", ["link_page", "link_url"])
def test_link_without_words_is_rejected(kind, section, send_form):
    target = {"link_page": str(section.pk), "link_url": "https://example.gov.uk/"}
    response = send_form(address_of("add"), **VALID, **{kind: target[kind]})
    assert "Enter the link text" in text_of(response)


def test_script_as_a_link_is_rejected(home, send_form):
    link = {"link_text": "More", "link_url": "javascript:alert(1)"}
    response = send_form(address_of("add"), **VALID, **link)
    assert list(response.context["form"].errors) == ["link_url"]
    assert not AlertSnippet.objects.exists()


def test_same_page_twice_is_rejected(section, send_form):
    scopes = {"scopes-TOTAL_FORMS": "2"}
    for number in range(2):
        scopes |= {
            f"scopes-{number}-page": str(section.pk),
            f"scopes-{number}-ORDER": str(number),
            f"scopes-{number}-id": "",
            f"scopes-{number}-DELETE": "",
        }
    response = send_form(address_of("add"), **{**VALID, "scope": "pages", **scopes})
    assert response.status_code == 200
    assert not AlertSnippet.objects.exists()


def test_show_again_starts_unticked_for_each_edit(alert, publish_alert, admin_form):
    publish_alert(address_of("edit", alert.pk), show_again="on")
    alert.refresh_from_db()
    assert alert.dismissal_version == 2
    assert "show_again" not in admin_form(address_of("edit", alert.pk))
    publish_alert(address_of("edit", alert.pk), heading="Flood in Yarm")
    alert.refresh_from_db()
    assert alert.dismissal_version == 2


@pytest.mark.parametrize("is_saved", [True, False])
def test_preview_shows_the_alert_as_pages_will(
    is_saved, alert, admin_client, admin_form
):
    arguments = [alert.pk] if is_saved else []
    form = admin_form(address_of("edit" if is_saved else "add", *arguments))
    preview = address_of(
        "preview_on_edit" if is_saved else "preview_on_add", *arguments
    )
    data = {**form, **VALID, "heading": "Only a preview"}
    assert admin_client.post(preview, data).json()["is_valid"]
    html = BeautifulSoup(admin_client.get(preview).content, "html.parser")
    (shown,) = html.select(".alerts .alert")
    assert "Only a preview" in shown.get_text()
    assert shown["data-severity"] == "emergency"
    assert len(html.find_all("h1")) == 1


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (AlertState.ENDING_SOON, "Soon over"),
        (AlertState.LIVE, "Now"),
        (AlertState.SCHEDULED, "To come"),
        (AlertState.DRAFT, "A draft"),
        (AlertState.ENDED, "Over"),
        (AlertState.UNPUBLISHED, "Taken down"),
    ],
)
def test_list_is_filtered_by_state(state, expected, one_of_each_state, admin_client):
    response = admin_client.get(address_of("list"), {"state": state.value})
    listed = [alert.heading for alert in response.context["object_list"]]
    assert listed == [expected]


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


@pytest.mark.usefixtures("admin_search")
def test_list_is_filtered_by_severity_and_searched(home, admin_client):
    AlertFactory(heading="Floods", severity=Severity.EMERGENCY)
    AlertFactory(heading="Late buses", severity=Severity.INFORMATION)
    for query in ({"severity": Severity.EMERGENCY.value}, {"q": "Floods"}):
        response = admin_client.get(address_of("list"), query)
        assert [a.heading for a in response.context["object_list"]] == ["Floods"]


def delete_page(page):
    return reverse("wagtailadmin_pages:delete", args=[page.pk])


def test_deleting_a_page_in_scope_warns_first(section, admin_client):
    page = StandardPageFactory(parent=section, title="Yarm library")
    alert = AlertFactory(scope="pages", heading="Library closed")
    AlertScope.objects.create(alert=alert, page=page)
    for deleted in (page, section):
        text = text_of(admin_client.get(delete_page(deleted)))
        assert "'Library closed' is set to appear on 'Yarm library'" in text


@pytest.mark.parametrize(
    "values",
    [{"live": False}, {"ends_at": timezone.now() - timedelta(minutes=1)}],
    ids=["draft", "ended"],
)
def test_deleting_a_page_does_not_warn_of_alerts_that_are_over(
    values, section, admin_client
):
    alert = AlertFactory(scope="pages", **values)
    AlertScope.objects.create(alert=alert, page=section)
    text = text_of(admin_client.get(delete_page(section)))
    assert "is set to appear on" not in text


def test_deleting_a_page_in_scope_leaves_the_alert(section, admin_client):
    alert = AlertFactory(scope="pages")
    AlertScope.objects.create(alert=alert, page=section)
    admin_client.post(delete_page(section))
    assert AlertSnippet.objects.filter(pk=alert.pk, live=True).exists()
    assert not AlertScope.objects.exists()


def test_visitor_cannot_reach_the_alerts_of_the_admin(alert, client):
    for name, arguments in (("list", []), ("add", []), ("edit", [alert.pk])):
        response = client.get(address_of(name, *arguments))
        assert response.status_code == 302
        assert "login" in response["Location"]


def test_alert_for_chosen_pages_without_a_page_is_rejected(home, send_form):
    # All that is missing is said at once.
    unfinished = {"scope": "pages", "ends_at": ""}
    response = send_form(address_of("add"), **VALID | unfinished)
    assert "Choose at least one page below" in text_of(response)
    assert "Enter when you expect the alert to end" in text_of(response)
    assert not AlertSnippet.objects.filter(live=True).exists()


def test_what_an_alert_needs_has_an_asterisk(home, admin_client):
    page = BeautifulSoup(admin_client.get(address_of("add")).content, "html.parser")
    labels = page.main.select("label:has(.w-required-mark)")
    names = {label.get_text(" ", strip=True).rstrip("* ") for label in labels}
    assert {"Heading", "Starts", "Expected end"} <= names
    assert "Link text" not in names


def delete_in_bulk(client, *pages):
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    ids = "&".join(f"id={page.pk}" for page in pages)
    return client.post(f"{address}?{ids}", follow=True)


def test_deleting_pages_in_scope_together_is_rejected(section, admin_client):
    page = StandardPageFactory(parent=section)
    other = StandardPageFactory(parent=section)
    alert = AlertFactory(heading="Floods in Yarm", scope="pages")
    AlertScope.objects.create(alert=alert, page=page)

    response = delete_in_bulk(admin_client, page, other)

    assert "Floods in Yarm" in text_of(response)
    assert section.get_children().count() == 2


def test_list_describes_the_state_of_each_alert(one_of_each_state, admin_client):
    listing = text_of(admin_client.get(address_of("list")))
    for words in ("Live until", "Ends in 29 minutes, at", "Starts ", "Draft", "Ended "):
        assert words in listing
    assert "Unpublished" in listing


def test_list_says_which_live_alert_has_changes(alert, send_form, admin_client):
    send_form(address_of("edit", alert.pk), button=None, heading="A draft")
    listing = text_of(admin_client.get(address_of("list")))
    assert ", with unpublished changes" in listing


def rows(*choices):
    """Return the form's fields for chosen pages: the row's id and its page."""
    fields = {"scopes-TOTAL_FORMS": str(len(choices))}
    for number, (row, page) in enumerate(choices):
        fields |= {
            f"scopes-{number}-id": str(row.pk if row else ""),
            f"scopes-{number}-page": str(page.pk),
            f"scopes-{number}-include_descendants": "on",
            f"scopes-{number}-ORDER": str(number + 1),
            f"scopes-{number}-DELETE": "",
        }
    return {**fields, "scope": "pages"}


@pytest.mark.parametrize("is_live", [True, False])
def test_two_chosen_pages_may_be_exchanged(is_live, section, publish_alert, read):
    pages = [StandardPageFactory(parent=section) for _ in range(2)]
    alert = AlertFactory(scope="pages", live=is_live)
    old = [AlertScope.objects.create(alert=alert, page=page) for page in pages]
    edit = address_of("edit", alert.pk)

    publish_alert(edit, **rows((old[0], pages[1]), (old[1], pages[0])))

    chosen = list(AlertScope.objects.values_list("page", flat=True))
    assert sorted(chosen) == [page.pk for page in pages]
    assert all(read(page.url).select(".alerts") for page in pages)


def test_failed_publication_does_not_say_that_nothing_was_saved(home, send_form):
    alert = AlertFactory(live=False)
    text = text_of(send_form(address_of("edit", alert.pk), ends_at=""))
    assert "The alert was not published." in text
    assert "could not be saved" not in text
