"""An editor checks where and when an alert is shown before publishing it (A6)."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from wagtail.models import (
    GroupApprovalTask,
    Page,
    PageViewRestriction,
    Workflow,
    WorkflowTask,
)

from community.models import AlertScope, AlertSnippet
from community.models.visible_alerts import Severity
from tests.factories import (
    PAGE_FACTORIES,
    AlertFactory,
    StandardPageFactory,
)

DAY = timedelta(days=1)


def address_of(name, *arguments):
    return reverse(AlertSnippet.snippet_viewset.get_url_name(name), args=arguments)


def make_draft(pages=(), **values):
    """Return an alert that was saved as a draft, for the site or for some pages."""
    scope = "pages" if pages else "site"
    values = {"heading": "Floods in Yarm", "scope": scope, **values}
    alert = AlertFactory(live=False, **values)
    for page in pages:
        AlertScope.objects.create(alert=alert, page=page)
    alert.save_revision(clean=False)
    return alert


@pytest.fixture
def look(admin_client):
    """Return a function that opens the confirmation of an alert."""

    def open_one(alert, **query):
        response = admin_client.get(address_of("confirm", alert.pk), query)
        assert response.status_code == 200
        return BeautifulSoup(response.content, "html.parser").select_one("main")

    return open_one


@pytest.fixture
def frame(admin_client):
    """Return a function that opens the page in the frame of a confirmation."""

    def open_one(html):
        response = admin_client.get(html.select_one("iframe")["src"])
        assert response.status_code == 200
        assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
        return BeautifulSoup(response.content, "html.parser")

    return open_one


@pytest.fixture
def decide(admin_client):
    """Return a function that presses "Publish now"; it returns what is said."""

    def press(alert, html, client=admin_client):
        draft = html.select_one("input[name=draft]")["value"]
        address = address_of("confirm", alert.pk)
        response = client.post(address, {"draft": draft}, follow=True)
        assert response.status_code == 200
        return " ".join(str(message) for message in response.context["messages"])

    return press


def headings(html):
    return [
        " ".join(each.get_text().split()) for each in html.select(".alert__heading")
    ]


def test_publish_leads_to_the_confirmation_and_publishes_nothing(home, send_form, read):
    response = send_form(
        address_of("add"),
        heading="Floods in Yarm",
        scope="site",
        starts_at="2020-01-01 09:00",
        ends_at="2090-01-01 09:00",
    )
    alert = AlertSnippet.objects.get()
    assert response["Location"] == address_of("confirm", alert.pk)
    assert not alert.live
    assert not read("/").select(".alerts")


def test_running_version_stays_until_its_change_is_confirmed(
    home, send_form, look, decide, read
):
    alert = AlertFactory(heading="Old words")
    send_form(address_of("edit", alert.pk), heading="New words")
    assert "Old words" in headings(read("/"))[0]
    assert "Residents still see the version" in look(alert).get_text()
    assert "has been published. Ends in" in decide(alert, look(alert))
    assert "New words" in headings(read("/"))[0]


@pytest.mark.parametrize("factory", PAGE_FACTORIES)
def test_frame_shows_the_draft_on_a_page_of_any_type(factory, make_page, look, frame):
    page = make_page(factory, title="Where you are")
    html = frame(look(make_draft([page])))
    assert "Where you are" in html.select_one("h1").get_text()
    assert headings(html) == ["Disruption: Floods in Yarm"]


def test_frame_shows_the_draft_among_the_alerts_of_the_page(section, look, frame, read):
    AlertFactory(heading="Worse", severity=Severity.EMERGENCY)
    AlertFactory(heading="Not so bad", severity=Severity.INFORMATION)
    html = frame(look(make_draft([section])))
    assert [each.split(": ")[1] for each in headings(html)] == [
        "Worse",
        "Floods in Yarm",
        "Not so bad",
    ]
    assert len(headings(read(section.url))) == 2


def test_officer_picks_another_page(section, look, frame):
    alert = make_draft([section])
    elsewhere = Page.objects.get(slug="front")
    html = look(alert, page=elsewhere.pk)
    assert "This alert will not appear on this page." in html.get_text()
    assert headings(frame(html)) == []
    assert headings(frame(look(alert, page=section.pk))) != []


@pytest.mark.parametrize("page", ["99999", "9" * 30, "private"])
def test_page_that_residents_cannot_open_is_not_shown(
    page, section, look, admin_client
):
    alert = make_draft()
    if page == "private":
        PageViewRestriction.objects.create(page=section, restriction_type="login")
        page = section.pk
    html = look(alert, page=page)
    assert "That page is not public." in html.get_text()
    preview = address_of("confirm_preview", alert.pk)
    assert admin_client.get(preview, {"page": page}).status_code == 404


@pytest.mark.parametrize("page", ["", "x", "-1", "²"])
def test_what_is_no_page_leads_to_the_home_page(page, home, look, admin_client):
    alert = make_draft()
    assert f"How it looks on '{home.title}'" in look(alert, page=page).get_text()
    preview = address_of("confirm_preview", alert.pk)
    assert admin_client.get(preview, {"page": page}).status_code == 404


def test_past_end_is_warned_about(home, look, decide):
    alert = make_draft(starts_at=timezone.now() - DAY, ends_at=timezone.now())
    html = look(alert)
    assert "The end time has passed" in html.get_text()
    assert "Ended at " in decide(alert, html)


def test_pages_are_listed_with_where_they_are(section, look):
    StandardPageFactory(parent=section, title="Yarm library")
    html = look(make_draft([section]))
    assert "Where it appears: 2 pages" in html.get_text()
    listed = [item.get_text() for item in html.select("details li")]
    assert listed == [
        "Stronger communities in Stockton-on-Tees",
        "Yarm library in Stockton-on-Tees › Stronger communities",
    ]


def test_whole_site_is_said_with_the_number_of_pages(section, look):
    text = look(make_draft()).get_text(" ", strip=True)
    assert "Where it appears: the whole site" in text
    assert "On 2 pages, and on search results, forms and error pages." in text


def test_chosen_page_that_is_not_public_is_warned_of(section, look):
    page = StandardPageFactory(parent=section, title="Not yet", live=False)
    text = look(make_draft([page])).get_text()
    assert "'Not yet' is not public" in text
    assert "This alert will not appear anywhere" in text


def test_alert_that_would_appear_nowhere_is_not_published(section, admin_client):
    page = StandardPageFactory(parent=section)
    alert = make_draft([page])
    page.delete()
    address = address_of("confirm", alert.pk)
    html = BeautifulSoup(admin_client.get(address).content, "html.parser")
    draft = html.select_one("[name=draft]")["value"]
    response = admin_client.post(address, {"draft": draft}, follow=True)
    assert "Choose at least one" in response.content.decode()
    alert.refresh_from_db()
    assert not alert.live


def test_overlapping_alerts_are_listed_in_order(section, look):
    AlertFactory(heading="Worse", severity=Severity.EMERGENCY)
    listed = look(make_draft([section])).select("ol.alert-list li")
    assert [item.get_text() for item in listed] == [
        "Emergency: Worse",
        "Disruption: Floods in Yarm (this alert)",
    ]


def test_newer_draft_is_not_published_unseen(home, look, decide):
    alert = make_draft()
    seen = look(alert)
    newer = AlertSnippet.objects.get().get_latest_revision_as_object()
    newer.heading = "A colleague's words"
    newer.save_revision()
    assert "The alert was not published" in decide(alert, seen)
    assert not AlertSnippet.objects.get().live


def test_draft_that_was_saved_over_is_not_published_unseen(home, look, decide):
    alert = make_draft()
    seen = look(alert)
    newer = AlertSnippet.objects.get().get_latest_revision_as_object()
    newer.heading = "Saved by itself"
    newer.save_revision(overwrite_revision=newer.latest_revision)
    assert "The alert was not published" in decide(alert, seen)
    assert not AlertSnippet.objects.get().live


def test_second_click_on_publish_is_harmless(home, look, decide):
    alert = make_draft()
    seen = look(alert)
    decide(alert, seen)
    assert "is already published and has no new changes" in decide(alert, seen)


def test_incomplete_draft_goes_back_to_the_editor(home, admin_client):
    alert = make_draft(link_url="https://example.gov.uk/")
    response = admin_client.get(address_of("confirm", alert.pk), follow=True)
    assert response.redirect_chain[0][0] == address_of("edit", alert.pk)
    messages = [str(message) for message in response.context["messages"]]
    assert "Enter the link text" in messages[0]


def test_locked_draft_is_not_published(home, look, decide, django_user_model):
    alert = make_draft()
    seen = look(alert)
    owner = django_user_model.objects.create_user("owner")
    AlertSnippet.objects.update(locked=True, locked_by=owner)
    assert "is locked" in decide(alert, seen)
    assert not AlertSnippet.objects.get().live


def test_who_may_not_publish_is_rejected(home, look, decide, client, django_user_model):
    alert = make_draft()
    seen = look(alert)
    writer = django_user_model.objects.create_user("writer")
    names = ["access_admin", "add_alertsnippet", "change_alertsnippet"]
    writer.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(writer)
    assert "permission" in decide(alert, seen, client)
    preview = address_of("confirm_preview", alert.pk)
    for address in (address_of("confirm", alert.pk), preview):
        assert client.get(address).status_code == 302
    assert not AlertSnippet.objects.get().live


def test_approval_of_a_workflow_publishes_without_the_confirmation(
    home, admin_client, admin_user, read
):
    alert = make_draft()
    task = GroupApprovalTask.objects.create(name="Look")
    workflow = Workflow.objects.create(name="Second pair of eyes")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    workflow.start(alert, admin_user)
    arguments = [alert.pk, "approve", alert.current_workflow_task_state.pk]
    admin_client.post(address_of("workflow_action", *arguments), {"comment": ""})
    assert "Floods in Yarm" in headings(read("/"))[0]


def test_number_of_queries_does_not_grow_with_the_pages(
    section, admin_client, django_assert_max_num_queries
):
    alert = make_draft([section])
    admin_client.get(address_of("confirm", alert.pk))
    for _ in range(12):
        StandardPageFactory(parent=section)
    with django_assert_max_num_queries(40):
        admin_client.get(address_of("confirm", alert.pk))
