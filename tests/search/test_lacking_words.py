"""Results say what they lack; what tells no results apart is not offered."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from wagtail.models import PageViewRestriction

from search.engine import index, results
from search.models import LoggedSearch, PromotionSnippet, SynonymSnippet
from tests.factories import StandardPageFactory
from tests.hiding import fresh

ONLY_SOME = "These results have only some of the words you searched for."
OTHER_WORDS = "These results have only some of the other words."
NOTE = "Has only some of the words you searched for"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def said(answer):
    """Return the texts and titles of a page of results, in order."""
    found = answer.html.main.select("p.notice, ol.results h2, .result__facts")
    texts = [" ".join(each.get_text().split()) for each in found]
    return [each for each in texts if not each.startswith(("Information", "Not what"))]


def test_results_with_only_some_words_come_after_a_line_that_says_so(
    publish, search_for, monkeypatch
):
    publish("Hedgehog", "Pond and hedgehog", "Hedgehog pond", "Pond", "Otter")
    answer = search_for("hedgehog pond")
    whole, (line, *some) = said(answer)[:2], said(answer)[2:]
    assert whole == ["Hedgehog pond", "Pond and hedgehog"]
    assert line == ONLY_SOME
    assert sorted(some) == ["Hedgehog", "Pond"]
    starts = [each["start"] for each in answer.html.select("ol.results")]
    assert starts == ["1", "3"]
    newest = said(search_for("hedgehog pond", sort="newest"))
    assert set(newest[:2]) == set(whole)
    assert newest[2] == ONLY_SOME
    monkeypatch.setattr(results, "PER_PAGE", 3)
    assert said(search_for("hedgehog pond", page=2))[0] == ONLY_SOME
    assert ONLY_SOME not in said(search_for("otter"))
    monkeypatch.setattr(index, "_partial", lambda *_: frozenset())
    assert ONLY_SOME not in said(search_for("hedgehog pond"))


def test_result_that_comes_before_a_better_match_says_that_it_lacks_a_word(
    publish, search_for, monkeypatch
):
    """As where the weight of a word brings it there."""
    first, second, last = publish("Hedgehog", "Hedgehog pond", "Pond")
    keys = [page.pk * 2 for page in (first, second, last)]
    monkeypatch.setattr(index.ranking, "best", lambda *_: (keys, 3))
    expected = ["Hedgehog", NOTE, "Hedgehog pond", ONLY_SOME, "Pond"]
    assert said(search_for("hedgehog pond")) == expected


def test_word_that_no_public_page_has_is_named(publish, search_for, home):
    publish("Hedgehog pond", "Hedgehog", "Toad")
    hidden = StandardPageFactory(parent=home, title="Toboggan", summary="")
    assert said(search_for("hedgehogs toboggan"))[0] == ONLY_SOME
    PageViewRestriction.objects.create(page=fresh(hidden), restriction_type="login")
    answer = search_for("the hedgehogs <i>xylophone toboggan pond")
    assert said(answer) == [
        "No page has: xylophone, toboggan",
        "Hedgehog pond",
        OTHER_WORDS,
        "Hedgehog",
    ]
    # Every result has the other word, so one line says all.
    assert said(search_for("toad xylophone")) == ["No page has: xylophone", "Toad"]
    SynonymSnippet.objects.create(searched="xylophone", found_as="toad")
    assert said(search_for("pond xylophone"))[0] != "No page has: xylophone"
    nothing = search_for("quokkas toboggan")
    assert "No page has" not in nothing.html.main.get_text()


@pytest.mark.parametrize("typed", ["a", "b", "?", "£", "🥕", "7", "é", "\u0301"])
def test_what_is_no_word_asks_for_one(typed, publish, search_for, home):
    publish("A to Z of b", "7 ponds", "É")
    answer = search_for(typed)
    assert said(answer) == ["Enter a word of 2 or more letters."]
    assert not answer.html.main.select(".result, details, form[method=post]")
    assert not LoggedSearch.objects.exists()
    assert search_for("ponds").titles
    assert LoggedSearch.objects.exists()


def test_one_letter_finds_what_is_promoted_for_it(publish, search_for):
    (page,) = publish("Social media")
    PromotionSnippet.objects.create(searched="x", page=page)
    assert search_for("x").titles == ["Social media"]


def test_filters_and_order_are_offered_only_where_they_tell_results_apart(
    section, home, search_for
):
    def offered(query="hedgehog", **parameters):
        found = search_for(query, **parameters).html.main.select("details nav")
        return {nav["aria-label"]: len(nav.select("li")) for nav in found}

    def publish(days, parent):
        StandardPageFactory(
            parent=parent,
            title="Hedgehog",
            summary="",
            last_published_at=NOON - timedelta(days=days),
        )

    with time_machine.travel(NOON, tick=False):
        publish(3, section)
        assert offered() == {}
        publish(3, section)
        assert offered() == {}
        publish(4, section)
        assert offered() == {"Sort": 2}
        publish(20, section)
        # Of a month and a year, which have the same, a week alone.
        assert offered() == {"Sort": 2, "Updated": 1}
        publish(40, home)
        assert offered() == {"Sort": 2, "Updated": 2, "Section": 1}
        narrowed = {"Sort": 2, "Updated": 1, "Section": 2}
        assert offered(section=section.slug) == narrowed
        assert offered("xylophone") == {}


def test_related_pages_are_few_and_alike(home, search_for, monkeypatch):
    for number in range(5):
        StandardPageFactory(
            parent=home, title=f"Ponds {number}", summary="Newts breed in ponds."
        )
    for number in range(3):
        StandardPageFactory(parent=home, title=f"Breed {number}", summary="Of dogs.")
    StandardPageFactory(parent=home, title="Hedgehog", summary="Newts breed in ponds.")

    def related():
        links = search_for("hedgehog").html.main.select("ul.results h3 a")
        return [link.get_text() for link in links]

    assert len(related()) == 3
    assert all(title.startswith("Ponds") for title in related())
    for page in home.get_children().filter(title__startswith="Ponds"):
        page.delete()
    assert related() == []
    monkeypatch.setattr(index, "MIN_LIKENESS", 0.0)
    monkeypatch.setattr(index.ranking, "MIN_SHARED", 1)
    assert len(related()) == 3
