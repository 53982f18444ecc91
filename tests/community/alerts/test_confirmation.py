"""An editor checks where and when an alert is shown before publishing it (A6)."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from community.alerts import admin
from community.alerts.admin import get_overlapping_alerts
from community.models import AlertScope, AlertSnippet
from community.models.alerts import Severity
from tests.community.alerts import address_of
from tests.factories import PAGE_FACTORIES, AlertFactory, StandardPageFactory

HOUR = timedelta(hours=1)


def make(*pages, with_descendants=True, **values):
    alert = AlertFactory(scope="pages" if pages else "site", **values)
    for page in pages:
        alert.scopes.add(AlertScope(page=page, include_descendants=with_descendants))
    alert.save()
    return alert


def make_draft(*pages, **values):
    alert = make(*pages, **{"heading": "Floods in Yarm", "live": False, **values})
    alert.save_revision(clean=False)
    return alert


@pytest.fixture
def look(admin_client):
    def open_one(alert):
        response = admin_client.get(address_of("confirm", alert.pk))
        assert response.status_code == 200
        return BeautifulSoup(response.content, "html.parser").select_one("main")

    return open_one


@pytest.fixture
def frame(admin_client):
    def open_one(address):
        response = admin_client.get(address)
        assert response.status_code == 200
        assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
        return BeautifulSoup(response.content, "html.parser")

    return open_one


@pytest.fixture
def decide(admin_client):
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


def test_running_version_stays_until_its_change_is_confirmed(
    home, send_form, look, decide, read
):
    alert = AlertFactory(heading="Old words")
    response = send_form(address_of("edit", alert.pk), heading="New words")
    assert response["Location"] == address_of("confirm", alert.pk)
    assert "Old words" in headings(read("/"))[0]
    seen = look(alert)
    assert "Residents still see the version" in seen.get_text()
    assert "has been published." in decide(alert, seen)
    assert "New words" in headings(read("/"))[0]
    assert "has no changes to publish" in decide(alert, seen)


def test_frame_shows_the_draft_on_a_page_of_any_type(make_page, look, frame):
    for factory in PAGE_FACTORIES:
        page = make_page(factory, title="Where you are")
        html = frame(look(make_draft(page)).select_one("iframe")["src"])
        assert "Where you are" in html.select_one("h1").get_text()
        assert headings(html) == ["Disruption: Floods in Yarm"]


def test_pages_are_listed_and_each_is_previewed_among_its_alerts(
    section, look, frame, read, monkeypatch
):
    monkeypatch.setattr(admin, "MAX_LISTED", 2)
    pages = StandardPageFactory.create_batch(2, parent=section, title="Library")
    StandardPageFactory(parent=section, live=False)
    StandardPageFactory(parent=section, expire_at=timezone.now() - HOUR)
    make(heading="Worse", severity=Severity.EMERGENCY)
    make(pages[0], heading="Not so bad", severity=Severity.INFORMATION)
    html = look(make_draft(section, pages[0]))
    assert "Where it appears: 3 pages" in html.get_text()
    assert "These are the first 2 of 3 pages." in html.get_text()
    items = html.select("details li")
    assert [item.get_text() for item in items] == [
        "Stronger communities /stronger-communities/",
        f"Library {pages[0].url}",
    ]
    assert [each.get_text() for each in html.select("ol.alert-list li")] == [
        "Emergency: Worse",
        "Disruption: Floods in Yarm (this alert)",
        "Information: Not so bad",
    ]
    shown = headings(frame(items[1].a["href"]))
    assert [each.split(": ")[1] for each in shown] == [
        "Worse",
        "Floods in Yarm",
        "Not so bad",
    ]
    assert len(headings(read(pages[0].url))) == 2


def test_whole_site_is_said_with_the_number_of_pages(section, look, frame):
    html = look(make_draft())
    text = html.get_text(" ", strip=True)
    assert "Where it appears: the whole site" in text
    assert "On 2 pages, and on search results, forms and error pages." in text
    assert "No other alerts are shown on these pages at that time." in text
    assert headings(frame(html.select_one("iframe")["src"]))


def test_page_without_the_alert_is_not_previewed(section, admin_client):
    front = Page.objects.get(slug="front")
    hidden = StandardPageFactory(parent=section)
    PageViewRestriction.objects.create(page=hidden, restriction_type="login")
    preview = address_of("confirm_preview", make_draft(section, hidden).pk)
    asked = {front.pk: 404, hidden.pk: 404, "9" * 30: 404, "": 400, "x": 400, "²": 400}
    for page, status in asked.items():
        assert admin_client.get(preview, {"page": page}).status_code == status
    assert admin_client.get(preview).status_code == 404


def test_passed_end_and_page_that_is_not_public_are_warned_of(section, look, decide):
    now = timezone.now()
    page = StandardPageFactory(parent=section, title="Not yet", live=False)
    make()
    alert = make_draft(page, starts_at=now - 2 * HOUR, ends_at=now)
    html = look(alert)
    assert "The end time has passed" in html.get_text()
    assert not html.select("ol.alert-list")
    assert "'Not yet' is not public" in html.get_text()
    assert "This alert will not appear anywhere" in html.get_text()
    assert not html.select("iframe")
    assert "has been published." in decide(alert, html)


@pytest.mark.parametrize(
    ("lack", "said"),
    [("page", "Choose at least one page"), ("link text", "Enter the link text")],
)
def test_incomplete_draft_goes_back_to_the_editor(lack, said, section, admin_client):
    page = StandardPageFactory(parent=section)
    link = {} if lack == "page" else {"link_url": "https://example.gov.uk/"}
    alert = make_draft(page, **link)
    page.delete()
    for act in (admin_client.get, admin_client.post):
        response = act(address_of("confirm", alert.pk), follow=True)
        assert response.redirect_chain[0][0] == address_of("edit", alert.pk)
        assert said in str(next(iter(response.context["messages"])))
    assert not AlertSnippet.objects.get().live


def test_newer_or_locked_draft_is_not_published_unseen(
    home, look, decide, django_user_model
):
    alert = make_draft()
    for overwrites in (True, False):
        seen = look(alert)
        newer = AlertSnippet.objects.get().get_latest_revision_as_object()
        newer.heading = "A colleague's words"
        old = newer.latest_revision if overwrites else None
        newer.save_revision(overwrite_revision=old)
        assert "The alert was not published" in decide(alert, seen)
    seen = look(alert)
    owner = django_user_model.objects.create_user("owner")
    AlertSnippet.objects.update(locked=True, locked_by=owner)
    assert "is locked" in decide(alert, seen)
    assert not AlertSnippet.objects.get().live


def test_who_may_not_publish_is_rejected(home, look, decide, writer):
    alert = make_draft()
    assert "permission" in decide(alert, look(alert), writer)
    for name in ("confirm", "confirm_preview"):
        assert writer.get(address_of(name, alert.pk)).status_code == 302
    assert not AlertSnippet.objects.get().live


def test_approval_of_a_workflow_publishes_without_the_confirmation(
    home, admin_client, start_workflow, read
):
    alert = make_draft()
    start_workflow(alert)
    arguments = [alert.pk, "approve", alert.current_workflow_task_state.pk]
    admin_client.post(address_of("workflow_action", *arguments), {"comment": ""})
    assert "Floods in Yarm" in headings(read("/"))[0]


def test_number_of_queries_does_not_grow_with_pages_and_alerts(
    section, admin_client, django_assert_max_num_queries
):
    alert = make_draft(section)
    admin_client.get(address_of("confirm", alert.pk))
    for page in StandardPageFactory.create_batch(4, parent=section):
        make(page)
    with django_assert_max_num_queries(40):
        admin_client.get(address_of("confirm", alert.pk))


def test_alert_overlaps_those_above_and_below_its_pages_at_the_same_time(section):
    def overlapping_with(alert):
        return list(get_overlapping_alerts(alert, timezone.now()))

    pages = StandardPageFactory.create_batch(2, parent=section)
    now = timezone.now()
    make(section, starts_at=now + 2 * HOUR, ends_at=now + 3 * HOUR)
    make(section, starts_at=now - 2 * HOUR, ends_at=now)
    only_section = make(section, with_descendants=False)
    above, below, other = make(section), make(pages[0]), make(pages[1])
    make(live=False)
    assert overlapping_with(below) == [above]
    assert overlapping_with(above) == [other, below, only_section]
    assert overlapping_with(only_section) == [above]
