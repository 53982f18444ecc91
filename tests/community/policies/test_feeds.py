"""A feed reader shows what changed in a section and in all policies (R5)."""

from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from django.utils.xmlutils import UnserializableContentError

from community.policies import feeds
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
    """Return a function that reads a feed as a feed reader does."""

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


def publish(page, note):
    page.change_note = note
    page.save_revision().publish()


def test_entry_shows_what_changed_on_which_page_and_when(section, policy, read_feed):
    publish(policy, "Added <b>three</b> & more food banks")
    note = policy.change_notes.get()
    entry = read_feed(f"{section.url}updates.atom").entries[0]
    assert entry.title == "Food plan"
    # As the officer typed it: what they mean as words is no HTML.
    assert entry.summary_detail.type == "text/html"
    assert BeautifulSoup(entry.summary, "html.parser").get_text() == (
        "Added <b>three</b> & more food banks"
    )
    assert entry.link == f"http://localhost{policy.url}"
    updated = datetime(*entry.updated_parsed[:6], tzinfo=UTC)
    assert updated == note.published_at.replace(microsecond=0)


def test_sign_that_xml_cannot_hold_takes_no_feed_away(section, policy, read_feed):
    """As word processors put it into what officers paste."""
    section.title = "Food\x0band more"
    section.save()
    policy.title = "Food\x0bplan\x1f"
    publish(policy, "Added\x0bthree food banks\ufffe")
    for address in (f"{section.url}updates.atom", POLICIES):
        entry = read_feed(address).entries[0]
        assert entry.title.split() == ["Food", "plan"]
        assert entry.summary.split() == ["Added", "three", "food", "banks"]


def test_without_that_django_would_serve_no_feed(policy, client, monkeypatch):
    monkeypatch.setattr(feeds, "without_control_characters", lambda text: text)
    policy.title = "Food\x0bplan"
    policy.save()
    with pytest.raises(UnserializableContentError):
        client.get(POLICIES)


def test_minor_edit_has_no_entry(section, policy, read_feed):
    policy.minor_edit = True
    publish(policy, "")
    assert len(read_feed(POLICIES).entries) == 1


def test_first_publication_with_a_note_has_one_entry(section, read_feed):
    page = PolicyUpdatePageFactory(parent=section, live=False)
    publish(page, "Our new plan for food")
    [entry] = read_feed(POLICIES).entries
    assert entry.summary == "Our new plan for food"


def test_newest_comes_first_and_each_has_its_own_id(section, policy, read_feed):
    publish(policy, "First")
    publish(policy, "Second")
    entries = read_feed(POLICIES).entries
    said = [entry.summary for entry in entries]
    assert said == ["Second", "First", feeds.FIRST_PUBLISHED]
    assert len({entry.id for entry in entries}) == 3


def test_ids_stay_when_a_page_moves_and_when_the_site_does(
    home, section, policy, read_feed
):
    publish(policy, "First")
    before = read_feed(POLICIES)
    elsewhere = CommunityIndexPageFactory(parent=home, slug="elsewhere")
    policy.move(elsewhere, pos="last-child")
    site = home.sites_rooted_here.get()
    site.hostname = "www.example.gov.uk"
    site.save()
    after = read_feed(POLICIES)
    assert (
        after.entries[0].link == f"http://www.example.gov.uk/elsewhere/{policy.slug}/"
    )
    assert [each.id for each in after.entries] == [each.id for each in before.entries]
    assert after.feed.id == before.feed.id


def test_feed_of_a_section_has_what_is_below_it_and_no_more(home, section, read_feed):
    below = CommunityIndexPageFactory(parent=section, title="Below", **LONG_AGO)
    StandardPageFactory(parent=below, title="Deep", **LONG_AGO)
    StandardPageFactory(parent=home, title="Elsewhere", **LONG_AGO)
    titles = {each.title for each in read_feed(f"{section.url}updates.atom").entries}
    assert titles == {"Below", "Deep"}


def test_feed_of_policies_has_policies_only(section, policy, read_feed):
    StandardPageFactory(parent=section, title="Something else", **LONG_AGO)
    assert [each.title for each in read_feed(POLICIES).entries] == ["Food plan"]


def test_long_history_is_cut(section, policy, read_feed, monkeypatch):
    monkeypatch.setattr(feeds, "MAX_ENTRIES", 3)
    for number in range(4):
        publish(policy, f"Change {number}")
    said = [each.summary for each in read_feed(POLICIES).entries]
    assert said == ["Change 3", "Change 2", "Change 1"]


def test_expired_page_leaves_the_feed_at_that_second(policy, client, monkeypatch):
    now = timezone.now()
    policy.expire_at = now + timedelta(hours=1)
    publish(policy, "Open until the evening")
    assert b"evening" in client.get(POLICIES).content
    monkeypatch.setattr(timezone, "now", lambda: policy.expire_at)
    assert b"evening" not in client.get(POLICIES).content


def test_number_of_queries_does_not_grow(
    section, policy, client, django_assert_num_queries
):
    ChangeNote.objects.bulk_create(
        ChangeNote(page=policy, note=f"{each}", revision_id=each) for each in range(30)
    )
    pages = feeds.visible_pages(timezone.now())
    with django_assert_num_queries(2):
        assert len(feeds.get_feed_entries(pages)) > 30


@pytest.mark.parametrize("address", ["/nowhere/updates.atom", "/updates.atom"])
def test_no_feed_of_what_is_no_section(section, client, address):
    assert client.get(address).status_code == 404


def test_readers_find_the_feed_from_the_page(section, policy, read):
    html = read(section.url)
    [link] = html.select("link[rel=alternate]")
    assert link["type"] == "application/atom+xml"
    assert link["href"] == f"{section.url}updates.atom"
    assert html.main.select_one(f"a[href='{link['href']}']")
    assert read(policy.url).select_one(f"main a[href='{POLICIES}']")


def test_feed_is_cached_like_a_page_until_something_changes(
    section, policy, client, settings
):
    first = client.get(POLICIES)
    assert first.headers["Content-Type"].startswith("application/atom+xml")
    again = client.get(POLICIES)
    assert "hit" in again.headers["Cache-Status"]
    assert again.content == first.content
    publish(policy, "News")
    assert b"News" in client.get(POLICIES).content
