"""What a promotion or a synonym would change, found out before it is saved (S6)."""

import sys
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import Count
from wagtail.models import Page

from search.curation.checks.models import SearchCheckSnippet
from search.curation.checks.running import judge_all
from search.curation.promotions import PromotionMatcher, PromotionSnippet
from search.curation.synonyms import SynonymMatcher, SynonymSnippet, split_phrases
from search.engine.index import page_index, translate_tantivy_panics
from search.engine.result_order import ResultOrder, Thing, titles_of
from search.log.models import TAKEN_OUT, LoggedSearch

MAX_PHRASES = 5
SHOWN = 5
# So far down it is followed where something comes from or goes to.
FOLLOWED = 10
LAST_MONTH = timedelta(days=30)
MAX_SEARCHES = 200
# Somebody waits, and on SQLite nobody else can save meanwhile.
MAX_SECONDS = 2.0
NOTHING = "Nothing"

Snippet = PromotionSnippet | SynonymSnippet


@dataclass(frozen=True)
class Row:
    """One place in the results, now and with the change, and what moves, in words."""

    number: int
    now: str = ""
    goes: str = ""
    then: str = ""
    comes: str = ""


@dataclass(frozen=True)
class CheckChange:
    """A saved check that would begin to pass or to fail."""

    check: SearchCheckSnippet
    would_pass: bool
    why_now: str
    why_then: str


@dataclass(frozen=True)
class TopChange:
    """A search that people make, the first result of which would be another."""

    query: str
    count: int
    now: str
    then: str


@dataclass(frozen=True)
class ChangeImpact:
    """All that a change would do to what people find."""

    lists: list[tuple[str, list[Row]]]
    # How many phrases are not shown.
    more_phrases: int
    checks: list[CheckChange]
    tops: list[TopChange] = field(default_factory=list)
    # How many of the searches of last month were looked at, and of how many.
    looked_at: int = 0
    searches: int = 0

    @property
    def unseen(self) -> int:
        """How many searches there was no time for."""
        return self.searches - self.looked_at

    @property
    def failing(self) -> list[CheckChange]:
        """The checks that would begin to fail."""
        return [each for each in self.checks if not each.would_pass]

    @property
    def passing(self) -> list[CheckChange]:
        """The checks that would begin to pass."""
        return [each for each in self.checks if each.would_pass]


class Comparison:
    """The site's search as it is, and as it would be."""

    def __init__(self, now: ResultOrder, then: ResultOrder, root: Page):
        self.now, self.then, self.root = now, then, root
        self.at = now.at

    def changes(self, text: str) -> bool:
        """Say whether a search could be answered otherwise, without answering it."""
        return self.now.reasons(text) != self.then.reasons(text)

    def orders(self, text: str, limit: int) -> tuple[list[Thing], list[Thing]]:
        """Return what stands first for a search, now and then."""
        return self.now.of(text, limit), self.then.of(text, limit)


def preview_change(
    snippet: Snippet,
    root: Page,
    at: datetime,
    is_deleted: bool = False,
    with_log: bool = False,
) -> ChangeImpact:
    """Return what saving a snippet as it is in memory would change, or deleting it.

    A promotion counts as at work, whenever it starts. Nothing is saved. `with_log`
    looks at what people search for too, for those who may read that.

    Raises:
        StaleIndexError: search does not answer at the moment.
        IndexBrokenError: nor is it going to.

    """
    until = monotonic() + MAX_SECONDS
    with translate_tantivy_panics():
        compared = _compare(snippet, root, at, is_deleted)
        phrases = _phrases_of(snippet)
        tops, looked_at, searches = [], 0, 0
        checks = _checks_that_change(compared)
        if with_log:
            queries = frequent_searches(at)
            searches = len(queries)
            tops, looked_at = _tops_that_change(
                compared, queries, lambda: monotonic() > until
            )
        return ChangeImpact(
            lists=_lists(compared, phrases[:MAX_PHRASES]),
            more_phrases=max(0, len(phrases) - MAX_PHRASES),
            checks=checks,
            tops=tops,
            looked_at=looked_at,
            searches=searches,
        )


def frequent_searches(at: datetime) -> list[tuple[str, int]]:
    """Return what people searched for most in the last 30 days, and how often."""
    searches = LoggedSearch.objects.filter(
        searched_at__gt=at - LAST_MONTH, searched_at__lte=at, page_number=1, filters=""
    ).exclude(query__contains=TAKEN_OUT)
    counted = searches.order_by().values_list("query").annotate(count=Count("pk"))
    return list(counted.order_by("-count", "query")[:MAX_SEARCHES])


def _phrases_of(snippet: Snippet) -> list[str]:
    phrases = split_phrases(snippet.searched)
    if getattr(snippet, "both_ways", False):
        phrases += split_phrases(snippet.found_as)
    return phrases


def _compare(
    snippet: Snippet, root: Page, at: datetime, is_deleted: bool
) -> Comparison:
    state = page_index.catch_up()
    promotions = list(PromotionSnippet.objects.all())
    now = ResultOrder(state, promotions, root, at)
    instead = [] if is_deleted else [_at_work(snippet)]
    if isinstance(snippet, PromotionSnippet):
        others = [each for each in promotions if each.pk != snippet.pk]
        promotions = [*others, *instead]
        table = PromotionMatcher(promotions, at)
        state = state.with_editorial_rules(state.synonyms, table)
    else:
        others = SynonymSnippet.objects.exclude(pk=snippet.pk).order_by("pk")
        rows = [
            (each.searched, each.found_as, each.both_ways)
            for each in sorted([*others, *instead], key=lambda each: each.pk)
        ]
        state = state.with_editorial_rules(SynonymMatcher(rows), state.promotions)
    return Comparison(now, ResultOrder(state, promotions, root, at), root)


def _at_work(snippet: Snippet) -> Snippet:
    """Return a copy that is at work and has a number, as if it were saved."""
    snippet = copy(snippet)
    # The newest comes last among equals.
    snippet.pk = snippet.pk or sys.maxsize
    if isinstance(snippet, PromotionSnippet):
        snippet.starts_at = snippet.ends_at = None
    return snippet


def _lists(compared: Comparison, phrases: list[str]) -> list[tuple[str, list[Row]]]:
    orders = {phrase: compared.orders(phrase, FOLLOWED) for phrase in phrases}
    things = [thing for pair in orders.values() for order in pair for thing in order]
    titles = titles_of(things, compared.root, compared.at)
    return [(phrase, rows_of(*pair, titles)) for phrase, pair in orders.items()]


def rows_of(now: list[Thing], then: list[Thing], titles: dict[Thing, str]) -> list[Row]:
    """Return the first places of two orders side by side, with what moves."""
    rows = []
    for place in range(min(SHOWN, max(len(now), len(then)))):
        values = {}
        if place < len(now):
            values = {"now": titles[now[place]], "goes": _goes(now[place], then)}
        if place < len(then):
            values |= {"then": titles[then[place]], "comes": _comes(place, now, then)}
        rows.append(Row(place + 1, **values))
    return rows


def _goes(thing: Thing, then: list[Thing]) -> str:
    if thing not in then:
        return "gone"
    place = then.index(thing)
    return "" if place < SHOWN else f"goes down to {place + 1}"


def _comes(place: int, now: list[Thing], then: list[Thing]) -> str:
    thing = then[place]
    if then.index(thing) < place:
        return "stands above already"
    if thing not in now:
        return "new"
    up = now.index(thing) - place
    return f"up {up}" if up > 0 else f"down {-up}" if up else ""


def _checks_that_change(compared: Comparison) -> list[CheckChange]:
    checks = SearchCheckSnippet.objects.select_related("page")
    checks = [each for each in checks if compared.changes(each.query)]
    now = judge_all(checks, compared.now, compared.root)
    then = judge_all(checks, compared.then, compared.root)
    return [
        CheckChange(check, after.passed, before.why, after.why)
        for check, before, after in zip(checks, now, then, strict=True)
        if before.passed != after.passed
    ]


def _tops_that_change(
    compared: Comparison,
    queries: list[tuple[str, int]],
    is_over: Callable[[], bool],
) -> tuple[list[TopChange], int]:
    """Return the searches whose first result changes, and how many were looked at."""
    changed, looked_at = [], 0
    for query, count in queries:
        if is_over():
            break
        looked_at += 1
        if compared.changes(query):
            now, then = compared.orders(query, 1)
            if now != then:
                changed.append((query, count, now, then))
    things = [thing for *_, now, then in changed for thing in (*now, *then)]
    titles = titles_of(things, compared.root, compared.at)

    def first(order: list[Thing]) -> str:
        return titles[order[0]] if order else NOTHING

    tops = [
        TopChange(query, count, first(now), first(then))
        for query, count, now, then in changed
    ]
    return tops, looked_at
