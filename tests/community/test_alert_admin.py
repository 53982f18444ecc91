"""Officers write, check, publish and end alerts in the admin (A2, A6, A7)."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from community.models import AlertScope, AlertSnippet
from community.models.alerts import Severity
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
def alert(home):
    alert = AlertFactory(heading="Floods in Yarm")
    alert.save_revision().publish()
    alert.refresh_from_db()
    return alert


def test_officer_writes_and_publishes_an_alert(home, send_form, read):
    response = send_form(address_of("add"), **VALID)
    assert response.status_code == 302
    assert AlertSnippet.objects.get().live
    assert "Floods in Yarm" in read("/").select_one(".alerts").get_text()


def test_officer_saves_an_alert_as_a_draft(home, send_form, read):
    send_form(address_of("add"), button=None, **VALID)
    assert not AlertSnippet.objects.get().live
    assert not read("/").select(".alerts")


def test_officer_chooses_pages_for_an_alert(section, send_form, read):
    scopes = {
        "scopes-TOTAL_FORMS": "1",
        "scopes-0-page": str(section.pk),
        "scopes-0-include_descendants": "on",
        "scopes-0-ORDER": "1",
        "scopes-0-id": "",
        "scopes-0-DELETE": "",
    }
    send_form(address_of("add"), **{**VALID, "scope": "pages", **scopes})
    assert not read("/").select(".alerts")
    assert read(section.url).select(".alerts")


def test_officer_edits_a_running_alert(alert, send_form, read):
    response = send_form(address_of("edit", alert.pk), heading="Floods in Egglescliffe")
    assert response.status_code == 302
    heading = read("/").select_one(".alert__heading").get_text()
    assert "Egglescliffe" in heading


def test_officer_drafts_a_change_to_a_running_alert(alert, send_form, read):
    send_form(address_of("edit", alert.pk), button=None, heading="A draft")
    assert "Floods in Yarm" in read("/").select_one(".alert__heading").get_text()


def test_officer_ends_an_alert_now(alert, admin_client, read):
    admin_client.post(address_of("unpublish", alert.pk))
    assert not read("/").select(".alerts")


def test_officer_compares_and_goes_back_to_an_older_revision(
    alert, admin_client, send_form, read
):
    first = alert.latest_revision_id
    send_form(address_of("edit", alert.pk), heading="Floods are over")
    latest = AlertSnippet.objects.get().latest_revision_id
    comparison = admin_client.get(
        address_of("revisions_compare", alert.pk, first, latest)
    )
    assert "over" in text_of(comparison)
    older = admin_client.get(address_of("revisions_revert", alert.pk, first))
    assert "Floods in Yarm" in older.content.decode()
    send_form(
        address_of("edit", alert.pk), heading="Floods in Yarm", revision=str(first)
    )
    assert "Floods in Yarm" in read("/").select_one(".alert__heading").get_text()


def test_officer_deletes_an_alert(alert, admin_client, read):
    assert admin_client.get(address_of("delete", alert.pk)).status_code == 200
    admin_client.post(address_of("delete", alert.pk))
    assert not AlertSnippet.objects.exists()
    assert not read("/").select(".alerts")


@pytest.mark.parametrize("name", ["edit", "history", "copy", "usage"])
def test_other_views_of_an_alert_answer(name, alert, admin_client):
    assert admin_client.get(address_of(name, alert.pk)).status_code == 200


def test_times_that_contradict_each_other_are_refused(home, send_form):
    response = send_form(address_of("add"), **{**VALID, "ends_at": VALID["starts_at"]})
    assert "An alert must end after it starts." in text_of(response)
    assert "Floods in Yarm" in response.content.decode()
    assert not AlertSnippet.objects.exists()


def test_alert_without_an_end_is_refused(home, send_form):
    response = send_form(address_of("add"), **{**VALID, "ends_at": ""})
    assert "This field is required" in text_of(response)
    assert not AlertSnippet.objects.exists()


def test_two_links_are_refused(section, send_form):
    links = {
        "link_text": "More",
        "link_page": str(section.pk),
        "link_url": "https://example.gov.uk/",
    }
    response = send_form(address_of("add"), **VALID, **links)
    assert "Choose a page or type an address: one of the two." in text_of(response)


@pytest.mark.parametrize("kind", ["link_page", "link_url"])
def test_link_without_words_is_refused(kind, section, send_form):
    target = {"link_page": str(section.pk), "link_url": "https://example.gov.uk/"}
    response = send_form(address_of("add"), **VALID, **{kind: target[kind]})
    assert "Say in words where the link leads." in text_of(response)


def test_script_as_a_link_is_refused(home, send_form):
    link = {"link_text": "More", "link_url": "javascript:alert(1)"}
    response = send_form(address_of("add"), **VALID, **link)
    assert list(response.context["form"].errors) == ["link_url"]
    assert not AlertSnippet.objects.exists()


def test_same_page_twice_is_refused(section, send_form):
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


def test_tell_again_is_asked_anew_for_each_edit(alert, send_form, admin_form):
    send_form(address_of("edit", alert.pk), tell_again="on")
    alert.refresh_from_db()
    assert alert.dismissal_round == 2
    assert "tell_again" not in admin_form(address_of("edit", alert.pk))
    send_form(address_of("edit", alert.pk), heading="Flood in Yarm")
    alert.refresh_from_db()
    assert alert.dismissal_round == 2


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
    [("current", "Now"), ("scheduled", "To come"), ("ended", "Over")],
)
def test_list_is_filtered_by_state(state, expected, home, admin_client):
    now, day = timezone.now(), timedelta(days=1)
    AlertFactory(heading="Now")
    AlertFactory(heading="To come", starts_at=now + day, ends_at=now + 2 * day)
    AlertFactory(heading="Over", starts_at=now - 2 * day, ends_at=now - day)
    AlertFactory(heading="A draft", live=False)
    response = admin_client.get(address_of("list"), {"state": state})
    listed = [alert.heading for alert in response.context["object_list"]]
    assert listed == [expected]


def test_list_is_filtered_by_severity_and_searched(home, admin_client):
    AlertFactory(heading="Floods", severity=Severity.EMERGENCY)
    AlertFactory(heading="Late buses", severity=Severity.INFORMATION)
    for query in ({"severity": Severity.EMERGENCY.value}, {"q": "Floods"}):
        response = admin_client.get(address_of("list"), query)
        assert [a.heading for a in response.context["object_list"]] == ["Floods"]


def test_list_without_alerts_answers(home, admin_client):
    assert admin_client.get(address_of("list")).status_code == 200


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


def test_alert_for_chosen_pages_without_a_page_is_refused(home, send_form):
    response = send_form(address_of("add"), **VALID | {"scope": "pages"})
    assert "Choose at least one page below." in text_of(response)
    assert not AlertSnippet.objects.filter(live=True).exists()


def delete_in_bulk(client, *pages):
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    ids = "&".join(f"id={page.pk}" for page in pages)
    return client.post(f"{address}?{ids}", follow=True)


def test_deleting_pages_in_scope_together_is_refused(section, admin_client):
    page = StandardPageFactory(parent=section)
    other = StandardPageFactory(parent=section)
    alert = AlertFactory(heading="Floods in Yarm", scope="pages")
    AlertScope.objects.create(alert=alert, page=page)

    response = delete_in_bulk(admin_client, page, other)

    assert "Floods in Yarm" in text_of(response)
    assert section.get_children().count() == 2


def test_deleting_pages_without_alerts_together_works(section, admin_client):
    pages = [StandardPageFactory(parent=section) for _ in range(2)]
    delete_in_bulk(admin_client, *pages)
    assert not section.get_children().exists()


def test_list_says_in_words_what_visitors_see(home, admin_client):
    now = timezone.now()
    AlertFactory(starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    AlertFactory(ends_at=now - timedelta(minutes=1))
    AlertFactory()
    AlertFactory(live=False)

    listing = text_of(admin_client.get(address_of("list")))

    for state in ("Still to start", "Ended", "Shown now", "Not published"):
        assert state in listing
