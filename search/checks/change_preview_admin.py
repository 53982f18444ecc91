"""The forms of promotions and synonyms: a preview before saving and deleting.

Nothing here prevents saving: editors see the impact, and decide.
"""

import logging
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from wagtail.snippets.views import snippets

from search.checks.change_preview import Snippet, preview_change
from search.curation.promotions import PromotionSnippet
from search.engine.index import IndexBrokenError, StaleIndexError
from search.engine.result_order import default_root
from search.tokens import clean_query

logger = logging.getLogger(__name__)

PREVIEW = "action-preview"


def preview_context(
    request: HttpRequest, snippet: Snippet, at: datetime, is_deleted: bool = False
) -> dict:
    """Return the template context, without the impact if search is unavailable."""
    root = default_root()
    if root is None:
        return {}
    may_read_log = request.user.has_perm("search.view_loggedsearch")
    try:
        impact = preview_change(snippet, root, at, is_deleted, with_log=may_read_log)
    except (StaleIndexError, IndexBrokenError) as error:
        logger.warning("Preview unavailable: search is not responding: %s.", error)
        return {"preview": {"is_unavailable": True}}
    is_promotion = isinstance(snippet, PromotionSnippet)
    preview = {
        "impact": impact,
        "is_deleted": is_deleted,
        "is_inactive": is_promotion and not snippet.is_current(at),
        "may_read_log": may_read_log,
    }
    return {"preview": preview}


class PreviewBeforeSaveMixin:
    """Adds "Preview results" to a form: it shows the impact, and saves nothing."""

    def form_valid(self, form):
        if PREVIEW not in self.request.POST:
            return super().form_valid(form)
        self.form = form
        preview = preview_context(self.request, form.instance, timezone.now())
        return self.render_to_response(self.get_context_data(**preview))

    def get_error_message(self):
        if PREVIEW in self.request.POST:
            return "The results could not be previewed. Fix the errors below first."
        return super().get_error_message()


class CreateView(PreviewBeforeSaveMixin, snippets.CreateView):
    """A new promotion or synonym, which may start with a search from the log."""

    def get_initial(self):
        # One phrase, even if the search has commas.
        searched = clean_query(self.request.GET.get("searched", "").replace(",", " "))
        return {**super().get_initial(), **({"searched": searched} if searched else {})}


class EditView(PreviewBeforeSaveMixin, snippets.EditView):
    pass


class DeleteView(snippets.DeleteView):
    def get_context_data(self, **kwargs):
        preview = preview_context(self.request, self.object, timezone.now(), True)
        return super().get_context_data(**kwargs, **preview)


class ImpactPreviewViewSet(snippets.SnippetViewSet):
    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView
    create_template_name = edit_template_name = "search/form_with_preview.html"
    delete_template_name = "search/delete_with_preview.html"
