"""Filters by type, section and date: each says what choosing it gives."""

from collections import deque
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import tantivy
import time_machine
from django.urls import reverse
from wagtail.models import PageViewRestriction

from search.engine import index as index_module
from search.engine import schema
from search.engine.filters import count_choices
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)
from tests.hiding import fresh
from tests.search.indexing.files.offering import offer

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
FACTORIES = {
    "information": StandardPageFactory,
    "partnership": PartnershipPageFactory,
    "policy-update": PolicyUpdatePageFactory,
}
# Each page by its type, its section and its age in days.
PAGES = [
    ("information", "food", 1),
    ("partnership", "food", 20),
    ("policy-update", "food", 100),
    ("information", "learning", 500),
    ("information", "learning", 3),
    ("partnership", "learning", None),
]
DAYS = {"week": 7, "month": 31, "year": 365}
NAMES = {"Type": "type", "Section": "section", "Updated": "updated"}
ALL_STATE = dict(
    parse_qsl(
        "query=badger&type=information&section=food&updated=year&sort=newest&exact=1"
    )
)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def sections(home):
    titles = {"food": "Food and warmth", "learning": "Learning"}
    return {
        slug: CommunityIndexPageFactory(parent=home, title=title, slug=slug)
        for slug, title in titles.items()
    }


@pytest.fixture
def hedgehogs(sections):
    return [
        FACTORIES[kind](
            parent=sections[section],
            title=f"Hedgehog {number}",
            last_published_at=None if days is None else NOON - timedelta(days=days),
        )
        for number, (kind, section, days) in enumerate(PAGES)
    ]


@pytest.fixture
def visit(read):
    def get(address):
        return read(reverse("search") + "?" + address.removeprefix("?"))

    return get


def menu(html):
    """Return, by heading and label, the link, count and mark of each choice."""
    found = {}
    for heading in (*NAMES, "Sort"):
        nav = html.main.select_one(f"nav[aria-label={heading}]")
        for item in nav.select("li") if nav else ():
            said = item.get_text().rpartition("(")[2].rstrip(") \n")
            found.setdefault(heading, {})[item.a.get_text()] = (
                item.a["href"],
                int(said) if said.isdigit() else None,
                item.a.get("aria-current"),
            )
    return found


def is_open(html):
    nav = html.main.select_one("nav[aria-label=Sort]")
    return nav.find_parent("details").has_attr("open")


def counts(html, heading):
    return {label: count for label, (_, count, _) in menu(html)[heading].items()}


def state(address):
    return dict(parse_qsl(urlsplit(address).query))


def titles(html):
    return {link.get_text() for link in html.select("ol.results h2 a")}


def expected(parameters):
    """Return the titles that the table above has for an address."""
    most = DAYS.get(parameters.get("updated"))
    return {
        f"Hedgehog {number}"
        for number, (kind, section, days) in enumerate(PAGES)
        if parameters.get("type") in (None, kind)
        and parameters.get("section") in (None, section)
        and (most is None or (days is not None and days < most))
    }


def wrong_counts(visit):
    """Follow every filter link from page to page; return what does not hold."""
    waiting, seen, wrong = deque([("?query=hedgehog", len(PAGES))]), set(), []
    while waiting:
        address, said = waiting.popleft()
        html = visit(address)
        found = titles(html)
        if found != expected(state(address)) or said not in (None, len(found)):
            wrong.append((address, said, found))
        shown = menu(html)
        for heading in NAMES:
            for href, count, _ in shown.get(heading, {}).values():
                if href not in seen:
                    seen.add(href)
                    waiting.append((href, count))
    return wrong, len(seen)


def test_every_count_is_what_choosing_gives_under_all_other_filters(
    hedgehogs, visit, monkeypatch
):
    html = visit("query=hedgehog")
    types = {"Information": 3, "Partnership": 2, "Policy update": 1}
    assert counts(html, "Type") == types
    assert counts(html, "Section") == {"Food and warmth": 3, "Learning": 3}
    assert counts(html, "Updated") == {
        "In the past week": 2,
        "In the past month": 3,
        "In the past year": 4,
    }
    assert not is_open(html)
    wrong, states = wrong_counts(visit)
    assert wrong == []
    assert states > 25

    def careless(searcher, found, narrowing, at):
        return count_choices(searcher, found, {}, at)

    monkeypatch.setattr(index_module, "count_choices", careless)
    assert wrong_counts(visit)[0]


def test_period_ends_to_the_second_in_results_and_counts_alike(section, visit):
    within = set()
    for period, days in DAYS.items():
        for seconds in (1, 0):
            StandardPageFactory(
                parent=section,
                title=f"{period} {seconds}",
                summary="Hedgehog",
                last_published_at=NOON - timedelta(days=days, seconds=-seconds),
            )
    for period in DAYS:
        html = visit(f"query=hedgehog&updated={period}")
        within.add(f"{period} 1")
        assert titles(html) == within
        assert counts(html, "Updated")[f"In the past {period}"] == len(within)
        within.add(f"{period} 0")


def test_files_are_a_type_of_their_own_in_the_section_of_their_page(
    sections, visit, reader, upload
):
    offer(upload("Hedgehog plan"), sections["food"], title="Hedgehog page")
    html = visit("query=hedgehog")
    assert counts(html, "Type") == {"Document": 1, "Information": 1}
    found = visit(menu(html)["Type"]["Document"][0])
    assert titles(found) == {"Hedgehog plan"}
    assert titles(visit("query=hedgehog&section=food&type=document")) == titles(found)


def test_choice_that_is_set_is_marked_can_be_cleared_and_opens_the_menu(
    hedgehogs, visit
):
    html = visit("query=hedgehog&type=information&section=learning")
    assert is_open(html)
    marked = {
        label
        for entries in menu(html).values()
        for label, (_, _, mark) in entries.items()
        if mark == "true"
    }
    assert marked == {"Information", "Learning", "Most relevant"}
    assert None not in counts(html, "Updated").values()
    # The one link without a count, before the choices.
    cleared = next(iter(menu(html)["Type"].values()))[0]
    assert state(cleared) == {"query": "hedgehog", "section": "learning"}
    assert len(titles(visit(cleared))) == 3
    html = visit("query=hedgehog&type=policy-update&section=learning&sort=newest")
    assert "No results" in html.main.get_text()
    link = html.main.find("a", string="Search the whole website")
    assert state(link["href"]) == {"query": "hedgehog", "sort": "newest"}
    assert len(titles(visit(link["href"]))) == len(PAGES)
    plain = visit("query=xylophone")
    assert plain.main.find("a", string="Search the whole website") is None


def test_every_link_keeps_the_rest_of_the_state_and_starts_from_page_one(
    sections, visit
):
    for number in range(12):
        StandardPageFactory(
            parent=sections["food"], title=f"Badger {number}", last_published_at=NOON
        )
    for number, other in (("1", "2"), ("2", "1")):
        html = visit(urlencode({**ALL_STATE, "page": number}))
        shown = len(html.select("ol.results .result"))
        assert shown == (10 if number == "1" else 2)
        seen = 0
        for heading, entries in menu(html).items():
            own = NAMES.get(heading, "sort")
            for href, _, _ in entries.values():
                assert state(href) | {own: ""} == ALL_STATE | {own: ""}
                seen += 1
        assert seen >= 8
        pages = [state(link["href"]) for link in html.select(".pagination a")]
        assert pages == [ALL_STATE | {"page": other}]


UNKNOWN = [
    "type=nonsense",
    "type=Partnership",
    "type=%00%ff",
    "type=%3Cscript%3Ealert(1)%3C/script%3E",
    "section=nowhere",
    "updated=decade",
    "sort=oldest",
    "type=&section=&updated=&sort=&exact=",
]


def test_unknown_values_are_ignored(hedgehogs, visit):
    for unknown in UNKNOWN:
        html = visit(f"query=hedgehog&{unknown}")
        assert titles(html) == expected({}), unknown
        assert counts(html, "Type")["Information"] == 3
        marked = [link.get_text() for link in html.main.select("[aria-current]")]
        assert marked == ["Most relevant"], unknown
        assert "<script>alert" not in str(html)


def test_hidden_pages_and_sections_are_in_no_count_and_not_offered(
    hedgehogs, sections, visit, monkeypatch
):
    page, section = (fresh(each) for each in (hedgehogs[1], sections["food"]))
    page.expire_at = NOON
    page.save()
    html = visit("query=hedgehog")
    assert counts(html, "Type")["Partnership"] == 1
    assert counts(html, "Section") == {"Learning": 3, "Food and warmth": 2}
    # The month has no more than the week now.
    assert counts(html, "Updated") == {"In the past week": 2, "In the past year": 3}
    with monkeypatch.context() as patch:
        nothing = tantivy.Query.empty_query()
        patch.setattr(schema, "expired", lambda at: nothing)
        assert counts(visit("query=hedgehog"), "Type")["Partnership"] == 2
    old = menu(html)["Section"]["Food and warmth"][0]
    section.slug = "meals"
    section.save_revision().publish()
    # The old slug is no filter any more, as if it had never been one.
    assert len(titles(visit(old))) == len(PAGES) - 1
    new = menu(visit("query=hedgehog"))["Section"]["Food and warmth"]
    assert (state(new[0])["section"], new[1]) == ("meals", 2)
    PageViewRestriction.objects.create(page=section, restriction_type="login")
    html = visit(new[0])
    assert titles(html) == {f"Hedgehog {number}" for number in (3, 4, 5)}
    assert "Food and warmth" not in html.get_text()
