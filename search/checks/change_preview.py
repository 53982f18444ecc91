"""Previews what a promotion or synonym would change before it is saved (S6).

Nothing here prevents saving: editors see the impact, and decide.
"""

import logging
import sys
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

from django.utils import timezone
from wagtail.snippets.views import snippets

from search.checks.models import SearchCheckSnippet
from search.checks.running import Verdict, evaluate, first_results, get_root
from search.curation.promotions import PromotionMatcher, PromotionSnippet
from search.curation.synonyms import SynonymMatcher, SynonymSnippet, split_phrases
from search.engine.index import IndexBrokenError, page_index, translate_tantivy_panics
from search.engine.query import parse_query
from search.engine.vocabulary import IndexState, Vocabulary
from search.tokens import clean_query

logger = logging.getLogger(__name__)

MAX_PHRASES = 5
MAX_POSITIONS = 5
PREVIEW = "action-preview"

Snippet = PromotionSnippet | SynonymSnippet


@dataclass(frozen=True)
class PositionChange:
    """One position in the results, now and with the change, and what moves."""

    now: str
    then: str
    is_removed: bool
    move: str


@dataclass(frozen=True)
class CheckChange:
    check: SearchCheckSnippet
    now: Verdict
    then: Verdict


def preview_change(snippet: Snippet, at: datetime, is_deleted: bool = False) -> dict:
    """Return what saving a snippet as it is in memory, or deleting it, would change.

    As context for the template. A promotion counts as active, whenever it starts.
    Nothing is saved.
    """
    root = get_root()
    if root is None:
        return {}
    try:
        with translate_tantivy_panics():
            now = page_index.catch_up()
            then = _changed_state(now, snippet, at, is_deleted)
            phrases = split_phrases(snippet.searched)
            if getattr(snippet, "both_ways", False):
                phrases += split_phrases(snippet.found_as)

            def both(function, subject):
                return [function(subject, root, at, state) for state in (now, then)]

            lists = [
                (phrase, compare_positions(*both(first_results, phrase)))
                for phrase in phrases[:MAX_PHRASES]
            ]
            checks = [
                CheckChange(each, *both(evaluate, each))
                for each in SearchCheckSnippet.objects.select_related("page")
                if _may_change(each.query, now, then, at)
            ]
    except IndexBrokenError as error:
        logger.warning("Preview unavailable: search is not responding: %s.", error)
        return {"is_unavailable": True}
    checks = [each for each in checks if each.now.passed != each.then.passed]
    return {
        "lists": lists,
        "more_phrases": len(phrases[MAX_PHRASES:]),
        "checks": sorted(checks, key=lambda each: each.then.passed),
        "failing": len([each for each in checks if not each.then.passed]),
        "is_deleted": is_deleted,
        "is_inactive": isinstance(snippet, PromotionSnippet)
        and not snippet.is_current(at),
    }


def _changed_state(
    state: IndexState, snippet: Snippet, at: datetime, is_deleted: bool
) -> IndexState:
    snippets = [each for each in type(snippet).objects.all() if each.pk != snippet.pk]
    if not is_deleted:
        saved = copy(snippet)
        # The newest comes last among equals.
        saved.pk = saved.pk or sys.maxsize
        snippets.append(saved)
        if isinstance(saved, PromotionSnippet):
            saved.starts_at = saved.ends_at = None
    if isinstance(snippet, PromotionSnippet):
        return replace(state, promotions=PromotionMatcher(snippets, at))
    return replace(state, synonyms=SynonymMatcher(snippets))


def _may_change(text: str, now: IndexState, then: IndexState, at: datetime) -> bool:
    """Compare all that the order of results depends on, without searching."""

    def explain(state: IndexState) -> tuple:
        parsed = parse_query(text, Vocabulary(state, at))
        current = (each for each in parsed.promotions if each.is_current(at))
        promoted = [(each.page_id, each.link) for each in current]
        return parsed.variants, parsed.corrected, promoted

    return explain(now) != explain(then)


def compare_positions(
    now: dict[str, str], then: dict[str, str]
) -> list[PositionChange]:
    """Return the first results of two orders side by side, with what moves."""
    before = list(now)
    pairs = zip_longest(before[:MAX_POSITIONS], list(then)[:MAX_POSITIONS])
    rows = []
    for place, (old, new) in enumerate(pairs):
        move = ""
        if new and new not in now:
            move = "added"
        elif new and (up := before.index(new) - place):
            move = f"up {up}" if up > 0 else f"down {-up}"
        is_removed = old is not None and old not in then
        rows.append(
            PositionChange(now.get(old, ""), then.get(new, ""), is_removed, move)
        )
    return rows


class PreviewBeforeSaveMixin:
    """Adds "Preview results" to a form: it shows the impact, and saves nothing."""

    def form_valid(self, form):
        if PREVIEW not in self.request.POST:
            return super().form_valid(form)
        self.form = form
        preview = preview_change(form.instance, timezone.now())
        return self.render_to_response(self.get_context_data(preview=preview))

    def get_error_message(self):
        if PREVIEW in self.request.POST:
            return "The results could not be previewed. Fix the errors below first."
        return super().get_error_message()


class CreateView(PreviewBeforeSaveMixin, snippets.CreateView):
    """A new promotion or synonym, which may be for a topic or an enquiry."""

    def get_initial(self):
        # One phrase, even if the search has commas.
        searched = clean_query(self.request.GET.get("searched", "").replace(",", " "))
        return {**super().get_initial(), **({"searched": searched} if searched else {})}

    def get_context_data(self, **kwargs):
        sent = self.request.POST.get("enquiry") or self.request.GET.get("enquiry")
        return super().get_context_data(enquiry=sent, **kwargs)


class EditView(PreviewBeforeSaveMixin, snippets.EditView):
    pass


class DeleteView(snippets.DeleteView):
    def get_context_data(self, **kwargs):
        preview = preview_change(self.object, timezone.now(), is_deleted=True)
        return super().get_context_data(preview=preview, **kwargs)


class ImpactPreviewViewSet(snippets.SnippetViewSet):
    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView
    create_template_name = edit_template_name = "search/form_with_preview.html"
    delete_template_name = "search/delete_with_preview.html"
