"""Previews what a promotion or synonym would change before it is saved (S6)."""

import sys
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import Count
from wagtail.models import Page

from search.checks.models import SearchCheckSnippet
from search.checks.running import evaluate_all
from search.curation.promotions import PromotionMatcher, PromotionSnippet
from search.curation.synonyms import SynonymMatcher, SynonymSnippet, split_phrases
from search.engine.index import page_index, translate_tantivy_panics
from search.engine.result_order import ResultKey, ResultOrder, titles_of
from search.log.models import REDACTED, LoggedSearch

MAX_PHRASES = 5
MAX_POSITIONS = 5
# Results are tracked this far down to say where they move from and to.
MAX_TRACKED = 10
LAST_MONTH = timedelta(days=30)
MAX_SEARCHES = 200
# An editor waits, and on SQLite no one else can save meanwhile.
MAX_SECONDS = 2.0
NO_RESULTS = "No results"

Snippet = PromotionSnippet | SynonymSnippet


@dataclass(frozen=True)
class PositionChange:
    """One position in the results, now and with the change, and what moves."""

    number: int
    now: str = ""
    move_from: str = ""
    then: str = ""
    move_to: str = ""


@dataclass(frozen=True)
class CheckChange:
    check: SearchCheckSnippet
    would_pass: bool
    reason_now: str
    reason_then: str


@dataclass(frozen=True)
class TopChange:
    """A search that people make whose first result would change."""

    query: str
    count: int
    now: str
    then: str


@dataclass(frozen=True)
class ChangeImpact:
    """What a change would do to search results."""

    lists: list[tuple[str, list[PositionChange]]]
    # How many phrases are not shown.
    more_phrases: int
    checks: list[CheckChange]
    top_changes: list[TopChange] = field(default_factory=list)
    # How many of the frequent searches were compared, and of how many.
    compared: int = 0
    searches: int = 0

    @property
    def not_compared(self) -> int:
        return self.searches - self.compared

    @property
    def failing(self) -> list[CheckChange]:
        return [each for each in self.checks if not each.would_pass]


class Comparison:
    """The site's search as it is, and as it would be."""

    def __init__(self, now: ResultOrder, then: ResultOrder, root: Page):
        self.now, self.then, self.root = now, then, root
        self.at = now.at

    def changes(self, text: str) -> bool:
        """Say whether the results of a search could change, without searching."""
        return self.now.explanations(text) != self.then.explanations(text)

    def orders(self, text: str, limit: int) -> tuple[list[ResultKey], list[ResultKey]]:
        return self.now.of(text, limit), self.then.of(text, limit)


def preview_change(
    snippet: Snippet,
    root: Page,
    at: datetime,
    is_deleted: bool = False,
    with_log: bool = False,
) -> ChangeImpact:
    """Return what saving a snippet as it is in memory, or deleting it, would change.

    A promotion counts as active, whenever it starts. Nothing is saved. `with_log`
    compares frequent searches too, for editors who may read the log.

    Raises:
        StaleIndexError: the index is updating.
        IndexBrokenError: the index is broken.

    """
    until = monotonic() + MAX_SECONDS
    with translate_tantivy_panics():
        comparison = _compare(snippet, root, at, is_deleted)
        phrases = _phrases_of(snippet)
        top_changes, compared, searches = [], 0, 0
        checks = _check_changes(comparison)
        if with_log:
            queries = frequent_searches(at)
            searches = len(queries)
            top_changes, compared = _top_changes(
                comparison, queries, lambda: monotonic() > until
            )
        return ChangeImpact(
            lists=_lists(comparison, phrases[:MAX_PHRASES]),
            more_phrases=max(0, len(phrases) - MAX_PHRASES),
            checks=checks,
            top_changes=top_changes,
            compared=compared,
            searches=searches,
        )


def frequent_searches(at: datetime) -> list[tuple[str, int]]:
    searches = LoggedSearch.objects.filter(
        searched_at__gt=at - LAST_MONTH, searched_at__lte=at, page_number=1, filters=""
    ).exclude(query__contains=REDACTED)
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
    instead = [] if is_deleted else [_as_saved(snippet)]
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


def _as_saved(snippet: Snippet) -> Snippet:
    """Return an active copy with a primary key, as if it were saved."""
    snippet = copy(snippet)
    # The newest comes last among equals.
    snippet.pk = snippet.pk or sys.maxsize
    if isinstance(snippet, PromotionSnippet):
        snippet.starts_at = snippet.ends_at = None
    return snippet


def _lists(
    comparison: Comparison, phrases: list[str]
) -> list[tuple[str, list[PositionChange]]]:
    orders = {phrase: comparison.orders(phrase, MAX_TRACKED) for phrase in phrases}
    result_keys = [key for pair in orders.values() for order in pair for key in order]
    titles = titles_of(result_keys, comparison.root, comparison.at)
    return [
        (phrase, compare_positions(*pair, titles)) for phrase, pair in orders.items()
    ]


def compare_positions(
    now: list[ResultKey], then: list[ResultKey], titles: dict[ResultKey, str]
) -> list[PositionChange]:
    """Return the first results of two orders side by side, with what moves."""
    rows = []
    for place in range(min(MAX_POSITIONS, max(len(now), len(then)))):
        values = {}
        if place < len(now):
            values = {
                "now": titles[now[place]],
                "move_from": _describe_departure(now[place], then),
            }
        if place < len(then):
            values |= {
                "then": titles[then[place]],
                "move_to": _describe_arrival(place, now, then),
            }
        rows.append(PositionChange(place + 1, **values))
    return rows


def _describe_departure(key: ResultKey, then: list[ResultKey]) -> str:
    if key not in then:
        return "removed"
    place = then.index(key)
    return "" if place < MAX_POSITIONS else f"moves to {place + 1}"


def _describe_arrival(place: int, now: list[ResultKey], then: list[ResultKey]) -> str:
    key = then[place]
    if then.index(key) < place:
        return "already listed above"
    if key not in now:
        return "added"
    up = now.index(key) - place
    return f"up {up}" if up > 0 else f"down {-up}" if up else ""


def _check_changes(comparison: Comparison) -> list[CheckChange]:
    checks = SearchCheckSnippet.objects.select_related("page")
    checks = [each for each in checks if comparison.changes(each.query)]
    now = evaluate_all(checks, comparison.now, comparison.root)
    then = evaluate_all(checks, comparison.then, comparison.root)
    changes = [
        CheckChange(check, after.passed, before.reason, after.reason)
        for check, before, after in zip(checks, now, then, strict=True)
        if before.passed != after.passed
    ]
    return sorted(changes, key=lambda each: each.would_pass)


def _top_changes(
    comparison: Comparison,
    queries: list[tuple[str, int]],
    is_over: Callable[[], bool],
) -> tuple[list[TopChange], int]:
    """Return searches whose first result changes, and how many were compared."""
    changed, compared = [], 0
    for query, count in queries:
        if is_over():
            break
        compared += 1
        if comparison.changes(query):
            now, then = comparison.orders(query, 1)
            if now != then:
                changed.append((query, count, now, then))
    result_keys = [key for *_, now, then in changed for key in (*now, *then)]
    titles = titles_of(result_keys, comparison.root, comparison.at)

    def first(order: list[ResultKey]) -> str:
        return titles[order[0]] if order else NO_RESULTS

    top_changes = [
        TopChange(query, count, first(now), first(then))
        for query, count, now, then in changed
    ]
    return top_changes, compared
