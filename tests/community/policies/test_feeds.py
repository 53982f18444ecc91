"""A feed reader shows what changed in a section and in all policies (R5)."""

from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from django.utils.xmlutils import UnserializableContentError

from community import views
from home.models import ChangeNote
from tests.factories import (
    CommunityIndexPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

POLICIES = "/policy-updates.atom"
LONG_AGO = {"first_published_at": datetime(2025, 3, 1, 9, tzinfo=UTC)}


@pytest.fixture
def read_feed(client):
    def get(address):
        response = client.get(address)
        assert response.status_code == 200
        parsed = feedparser.parse(
            response.content,
            response_headers={"content-type": response.headers["Content-Type"]},
        )
        assert parsed.version == "atom10"
        assert not parsed.bozo, parsed.bozo_exception
        return parsed

    return get


@pytest.fixture
def policy(section):
    return PolicyUpdatePageFactory(parent=section, title="Food plan", **LONG_AGO)


def publish(page, note, **values):
    for name, value in {"change_note": note, **values}.items():
        setattr(page, name, value)
    page.save_revision().publish()


def test_entry_shows_what_changed_on_which_page_and_when(
    section, policy, read_feed, read
):
    publish(policy, "Added <b>three</b> & more food banks")
    note = policy.change_notes.get()
    html = read(section.url)
    address = f"{section.url}updates.atom"
    assert html.select_one("link[rel=alternate]")["href"] == address
    assert html.main.select_one(f"a[href='{address}']")
    assert read(policy.url).select_one(f"main a[href='{POLICIES}']")
    for path in ("/nowhere/", "/"):
        read(f"{path}updates.atom", status=404)
    entry = read_feed(address).entries[0]
    assert entry.title == "Food plan"
    # As the officer typed it: what they mean as words is no HTML.
    assert entry.summary_detail.type == "text/html"
    assert BeautifulSoup(entry.summary, "html.parser").get_text() == (
        "Added <b>three</b> & more food banks"
    )
    assert entry.link == f"http://localhost{policy.url}"
    updated = datetime(*entry.updated_parsed[:6], tzinfo=UTC)
    assert updated == note.published_at.replace(microsecond=0)


def test_sign_that_xml_cannot_hold_takes_no_feed_away(
    section, policy, read_feed, client, monkeypatch
):
    """As word processors put it into what officers paste."""
    section.title = "Food\x0band more"
    section.save()
    publish(policy, "Added\x0bthree food banks\ufffe", title="Food\x0bplan\x1f")
    for address in (f"{section.url}updates.atom", POLICIES):
        entry = read_feed(address).entries[0]
        assert entry.title.split() == ["Food", "plan"]
        assert entry.summary.split() == ["Added", "three", "food", "banks"]
    # The negative control: Django would serve no feed.
    publish(policy, "Another change")
    monkeypatch.setattr(views, "without_control_characters", lambda text: text)
    with pytest.raises(UnserializableContentError):
        client.get(POLICIES)


def test_newest_comes_first_and_ids_stay_where_the_page_or_the_site_moves(
    home, section, policy, read_feed
):
    publish(policy, "First")
    publish(policy, "", minor_edit=True)
    publish(policy, "Second", minor_edit=False)
    before = read_feed(POLICIES)
    said = [entry.summary for entry in before.entries]
    assert said == ["Second", "First", views.FIRST_PUBLISHED]
    ids = [entry.id for entry in before.entries]
    assert len({*ids, before.feed.id}) == 4
    policy.move(CommunityIndexPageFactory(parent=home, slug="elsewhere"), "last-child")
    site = home.sites_rooted_here.get()
    site.hostname = "www.example.gov.uk"
    site.save()
    after = read_feed(POLICIES)
    address = f"http://www.example.gov.uk/elsewhere/{policy.slug}/"
    assert after.entries[0].link == address
    assert [each.id for each in after.entries] == ids
    assert after.feed.id == before.feed.id


def test_a_feed_has_its_pages_and_no_more(home, section, policy, read_feed):
    below = CommunityIndexPageFactory(parent=section, title="Below", **LONG_AGO)
    StandardPageFactory(parent=below, title="Deep", **LONG_AGO)
    StandardPageFactory(parent=home, title="Elsewhere", **LONG_AGO)
    titles = {each.title for each in read_feed(f"{section.url}updates.atom").entries}
    assert titles == {"Below", "Deep", "Food plan"}
    new = PolicyUpdatePageFactory(parent=section, title="New plan", live=False)
    # One entry, though it is published for the first time with a note.
    publish(new, "Our new plan for food")
    entries = [(each.title, each.summary) for each in read_feed(POLICIES).entries]
    assert entries == [
        ("New plan", "Our new plan for food"),
        ("Food plan", views.FIRST_PUBLISHED),
    ]


def test_long_history_is_cut_and_takes_no_more_queries(
    section, policy, read_feed, monkeypatch, django_assert_num_queries
):
    ChangeNote.objects.bulk_create(
        ChangeNote(page=policy, note=f"{each}", revision_id=each) for each in range(30)
    )
    pages = views.visible_pages(timezone.now())
    with django_assert_num_queries(2):
        assert len(views.get_feed_entries(pages)) > 30
    monkeypatch.setattr(views, "MAX_ENTRIES", 1)
    policy.change_notes.all().delete()
    publish(policy, "Another change")
    publish(policy, "Last change")
    assert [each.summary for each in read_feed(POLICIES).entries] == ["Last change"]


def test_feed_is_cached_until_something_changes_or_expires(
    policy, client, settings, monkeypatch
):
    first = client.get(POLICIES)
    assert first.headers["Content-Type"].startswith("application/atom+xml")
    again = client.get(POLICIES)
    assert "hit" in again.headers["Cache-Status"]
    assert again.content == first.content
    expire_at = timezone.now() + timedelta(hours=1)
    publish(policy, "Open until the evening", expire_at=expire_at)
    assert b"evening" in client.get(POLICIES).content
    monkeypatch.setattr(timezone, "now", lambda: expire_at)
    assert b"evening" not in client.get(POLICIES).content
