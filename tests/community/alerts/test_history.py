"""The alert history records each change that visitors see, and who made it (A8)."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from community.models import AlertHistoryEntry, AlertScope, AlertSnippet
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    StandardPageFactory,
)

TABLE = AlertHistoryEntry._meta.db_table


def events():
    return list(
        AlertHistoryEntry.objects.order_by("pk").values_list("event", flat=True)
    )


def last():
    return AlertHistoryEntry.objects.first()


def alert_on(*pages, **values):
    alert = AlertFactory(scope="pages", live=False, **values)
    alert.scopes = [AlertScope(page=page) for page in pages]
    alert.live = True
    alert.save()
    return alert


@pytest.fixture
def alert(home):
    alert = AlertFactory(heading="Floods in Yarm", live=False)
    alert.save_revision().publish()
    return AlertSnippet.objects.get()


def test_publishing_is_recorded_with_all_that_visitors_see(section):
    alert = AlertFactory(
        heading="Floods", text="<p>Stay in.</p>", link_text="More", link_page=section
    )
    entry = last()
    assert (entry.event, entry.alert_id, entry.is_live) == ("published", alert.pk, True)
    assert (entry.heading, entry.text) == ("Floods", "<p>Stay in.</p>")
    assert (entry.link_href, entry.link_text) == (section.url, "More")
    assert (entry.scope, entry.places, entry.severity) == ("site", [], 20)
    assert (entry.starts_at, entry.ends_at) == (alert.starts_at, alert.ends_at)


def test_chosen_pages_are_recorded_once_they_are_stored(section):
    alert_on(section)
    assert events() == ["published"]
    assert last().places == [
        {
            "title": "Stronger communities",
            "url_path": "/front/stronger-communities/",
            "is_live": True,
            "include_descendants": True,
        }
    ]


def test_other_pages_for_a_running_alert_are_one_change(home, section):
    alert = alert_on(section)
    alert.scopes = [AlertScope(page=home)]
    alert.save()
    assert events() == ["published", "changed"]
    assert [place["url_path"] for place in last().places] == ["/front/"]


def test_drafts_are_not_recorded(home):
    draft = AlertFactory(live=False)
    draft.heading = "Another draft"
    draft.save()
    draft.save_revision()
    draft.delete()
    assert events() == []


def test_each_event_of_an_alert_is_recorded_once(alert):
    alert.save()
    alert.heading = "Floods everywhere"
    alert.save_revision().publish()
    alert.refresh_from_db()
    alert.unpublish()
    alert.save()
    alert.save_revision().publish()
    alert.delete()
    assert events() == ["published", "changed", "taken-down", "published", "deleted"]
    assert last().heading == "Floods everywhere"
    assert not last().is_live


def test_deleting_many_alerts_at_once_is_recorded_for_each(home):
    AlertFactory.create_batch(2)
    AlertSnippet.objects.all().delete()
    assert events() == ["published", "published", "deleted", "deleted"]


def test_change_that_is_rolled_back_is_not_recorded(alert):
    with transaction.atomic():
        alert.unpublish()
        assert events() == ["published", "taken-down"]
        transaction.set_rollback(True)
    assert events() == ["published"]


def test_it_is_recorded_who_did_it(alert, admin_client, admin_user):
    assert (last().user_id, last().user_name) == ("", "")
    viewset = AlertSnippet.snippet_viewset
    admin_client.post(reverse(viewset.get_url_name("unpublish"), args=[alert.pk]))
    assert last().event == "taken-down"
    assert (last().user_id, last().user_name) == (str(admin_user.pk), "admin")
    admin_user.delete()
    assert last().user_name == "admin"


def test_no_one_signs_with_a_name_of_their_own(alert, admin_client, admin_user):
    form = {"name_email-first_name": "The", "name_email-last_name": "Leader"}
    admin_client.post(reverse("wagtailadmin_account"), form)
    admin_user.refresh_from_db()
    assert admin_user.get_full_name() == ""
    admin_user.first_name = "The Leader"
    admin_user.save()
    viewset = AlertSnippet.snippet_viewset
    admin_client.post(reverse(viewset.get_url_name("unpublish"), args=[alert.pk]))
    assert last().user_name == "The Leader (admin)"
    report = reverse("alert_history_report")
    page = admin_client.get(report).content.decode()
    table = b"".join(admin_client.get(report, {"export": "csv"}).streaming_content)
    assert "The Leader (admin)" in page
    assert "The Leader (admin)" in table.decode()


def rename(page):
    page.slug = "renamed"
    page.save()


PAGE_CHANGES = {
    "page-moved": rename,
    "page-taken-down": lambda page: page.unpublish(),
    "page-deleted": lambda page: page.delete(),
}


@pytest.mark.parametrize("event", PAGE_CHANGES)
def test_what_happens_to_a_chosen_page_is_recorded(event, section):
    page = StandardPageFactory(parent=section, slug="yarm")
    alert_on(page, section)
    PAGE_CHANGES[event](page)
    assert events() == ["published", event]
    after = [(p["url_path"], p["is_live"]) for p in last().places]
    rest = ("/front/stronger-communities/", True)
    assert (
        after
        == {
            "page-moved": [("/front/stronger-communities/renamed/", True), rest],
            "page-taken-down": [("/front/stronger-communities/yarm/", False), rest],
            "page-deleted": [rest],
        }[event]
    )


def test_move_above_a_chosen_page_is_recorded(home, section):
    inner = CommunityIndexPageFactory(parent=section, slug="inner")
    page = StandardPageFactory(parent=inner, slug="yarm")
    alert_on(page)
    Page.objects.get(pk=inner.pk).specific.move(home, pos="last-child")
    assert events() == ["published", "page-moved"]
    assert last().places[0]["url_path"] == "/front/inner/yarm/"


@pytest.mark.parametrize(
    ("change", "href"), [("page-moved", "/renamed/"), ("page-deleted", "")]
)
def test_change_of_the_page_that_an_alert_links_to_is_recorded(change, href, section):
    AlertFactory(link_text="More", link_page=section)
    PAGE_CHANGES[change](section)
    assert events() == ["published", change]
    assert last().link_href == href


def test_pages_of_alerts_that_are_over_are_not_recorded(section):
    past = timezone.now() - timedelta(minutes=1)
    alert_on(section, starts_at=past - timedelta(hours=1), ends_at=past)
    AlertFactory(live=False)
    AlertFactory()
    rename(section)
    assert events() == ["published", "published"]


def test_move_costs_the_history_the_same_whatever_is_below(section):
    def queries_of_a_rename(slug):
        section.slug = slug
        with CaptureQueriesContext(
            connection,
        ) as captured:
            section.save()
        tables = (TABLE, AlertScope._meta.db_table, AlertSnippet._meta.db_table)
        return sum(
            any(f'FROM "{table}"' in query["sql"] for table in tables)
            for query in captured
        )

    assert queries_of_a_rename("nothing-to-note") == 1
    AlertFactory()
    assert queries_of_a_rename("no-alert-concerned") == 3
    alert_on(CommunityIndexPageFactory(parent=section))
    StandardPageFactory.create_batch(10, parent=section)
    assert queries_of_a_rename("alert-concerned") == 3
    assert events()[-1] == "page-moved"
