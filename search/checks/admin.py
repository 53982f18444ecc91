"""Search checks in the admin, and previews of what a change would do to results (S6).

Nothing here prevents saving: editors see the impact, and decide.
"""

import logging
import sys
from copy import copy
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest

from django.utils import timezone
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.models import Page
from wagtail.snippets.views import snippets

from home.content.text import name_of
from home.page_tree.explorable import NoChooserViewSet
from search.checks.models import SearchCheckSnippet
from search.checks.running import evaluate, first_results, get_root, run_checks
from search.curation import (
    PromotionMatcher,
    PromotionSnippet,
    SynonymMatcher,
    SynonymSnippet,
    split_phrases,
)
from search.engine.index import IndexBrokenError, page_index, translate_tantivy_panics
from search.engine.query import IndexState, Vocabulary, parse_query
from search.tokens import clean_query

logger = logging.getLogger(__name__)

MAX_PHRASES = 5
MAX_POSITIONS = 5
PREVIEW = "action-preview"


class CheckedAtOnceMixin:
    """Runs a check as soon as it is saved, so that its editor sees the result."""

    def save_instance(self):
        check = super().save_instance()
        run_checks([check], timezone.now())
        check.refresh_from_db()
        return check

    def get_success_message(self, *args):
        message = super().get_success_message(*args)
        if self.object.passed is None:
            return f"{message} It will run in a few minutes, as search is updating."
        return f"{message} {self.object.last_result}."


class CheckCreateView(CheckedAtOnceMixin, snippets.CreateView):
    pass


class CheckEditView(CheckedAtOnceMixin, snippets.EditView):
    pass


class SearchCheckViewSet(snippets.SnippetViewSet):
    model = SearchCheckSnippet
    chooser_viewset_class = NoChooserViewSet
    icon = "circle-check"
    menu_label = "Search checks"
    list_display = [
        "query",
        Column("page", label="Page to find"),
        Column("within", label="Lowest acceptable position", sort_key="within"),
        Column("last_result", label="Status", sort_key="passed"),
        DateColumn("checked_at", label="Last checked", sort_key="checked_at"),
        Column("owner", accessor=lambda check: name_of(check.owner) or "No owner"),
    ]
    list_per_page = 50
    list_filter = ["passed", "owner"]
    search_fields = ["query"]
    copy_view_enabled = False
    add_view_class = CheckCreateView
    edit_view_class = CheckEditView
    edit_template_name = "search/check_form.html"

    def get_queryset(self, request):
        return SearchCheckSnippet.objects.select_related("page", "owner")


def preview_change(
    snippet: PromotionSnippet | SynonymSnippet, at: datetime, is_deleted: bool = False
) -> dict:
    """Return what saving, or deleting, a snippet as it is in memory would change."""
    root = get_root()
    if root is None:
        return {}
    phrases = split_phrases(snippet.searched)
    if getattr(snippet, "both_ways", False):
        phrases += split_phrases(snippet.found_as)
    try:
        with translate_tantivy_panics():
            now = page_index.catch_up()
            then = _changed_state(now, snippet, at, is_deleted)
            lists = [
                (phrase, _compare_positions(phrase, root, at, now, then))
                for phrase in phrases[:MAX_PHRASES]
            ]
            verdicts = [
                (check, *(evaluate(check, root, at, state) for state in (now, then)))
                for check in SearchCheckSnippet.objects.select_related("page")
                if _explain(check.query, now, at) != _explain(check.query, then, at)
            ]
    except IndexBrokenError as error:
        logger.warning("Preview unavailable: search is not responding: %s.", error)
        return {"is_unavailable": True}
    checks = [
        {"check": check, "now": before, "then": after}
        for check, before, after in sorted(verdicts, key=lambda each: each[2].passed)
        if before.passed != after.passed
    ]
    return {
        "lists": lists,
        "more_phrases": len(phrases[MAX_PHRASES:]),
        "checks": checks,
        "failing": len([each for each in checks if not each["then"].passed]),
        "is_deleted": is_deleted,
        "is_inactive": isinstance(snippet, PromotionSnippet)
        and not snippet.is_current(at),
    }


def _changed_state(
    state: IndexState,
    snippet: PromotionSnippet | SynonymSnippet,
    at: datetime,
    is_deleted: bool,
) -> IndexState:
    snippets = [each for each in type(snippet).objects.all() if each.pk != snippet.pk]
    if not is_deleted:
        saved = copy(snippet)
        # The newest comes last among equals.
        saved.pk = saved.pk or sys.maxsize
        saved.starts_at = saved.ends_at = None
        snippets.append(saved)
    if isinstance(snippet, PromotionSnippet):
        return replace(state, promotions=PromotionMatcher(snippets, at))
    return replace(state, synonyms=SynonymMatcher(snippets))


def _explain(text: str, state: IndexState, at: datetime) -> tuple:
    """Return all that the order of results depends on, without searching."""
    parsed = parse_query(text, Vocabulary(state, at))
    current = (each for each in parsed.promotions if each.is_current(at))
    promoted = [(each.page_id, each.link) for each in current]
    return parsed.variants, parsed.corrected, promoted


def _compare_positions(
    phrase: str, root: Page, at: datetime, now: IndexState, then: IndexState
) -> list[dict]:
    before, after = (first_results(phrase, root, at, state) for state in (now, then))
    order = list(before)
    pairs = zip_longest(order[:MAX_POSITIONS], list(after)[:MAX_POSITIONS])
    rows = []
    for place, (old, new) in enumerate(pairs):
        move = ""
        if new and new not in before:
            move = "added"
        elif new and (up := order.index(new) - place):
            move = f"up {up}" if up > 0 else f"down {-up}"
        is_removed = old is not None and old not in after
        titles = {"now": before.get(old, ""), "then": after.get(new, "")}
        rows.append({**titles, "is_removed": is_removed, "move": move})
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
    chooser_viewset_class = NoChooserViewSet
    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView
    create_template_name = edit_template_name = "search/form_with_preview.html"
    delete_template_name = "search/delete_with_preview.html"
