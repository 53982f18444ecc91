"""The forms of promotions and synonyms: a try before saving, a proof before deleting.

Nothing here stands in the way of saving: officers see what happens, and decide.
"""

import logging
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from wagtail.snippets.views import snippets

from search.curation.change_preview import Snippet, preview_change
from search.curation.promotions import PromotionSnippet
from search.engine.index import IndexBrokenError, StaleIndexError
from search.engine.result_order import default_root
from search.engine.tokens import clean_query

logger = logging.getLogger(__name__)

TRY = "action-try"


def proof_context(
    request: HttpRequest, snippet: Snippet, at: datetime, is_deleted: bool = False
) -> dict:
    """Return the context with the proof; without one while search does not answer."""
    root = default_root()
    if root is None:
        return {}
    may_read_log = request.user.has_perm("search.view_loggedsearch")
    try:
        proof = preview_change(snippet, root, at, is_deleted, with_log=may_read_log)
    except (StaleIndexError, IndexBrokenError) as error:
        logger.warning("Nothing can be tried, as search does not answer: %s.", error)
        return {"tried": {"is_degraded": True}}
    is_promotion = isinstance(snippet, PromotionSnippet)
    tried = {
        "proof": proof,
        "is_deleted": is_deleted,
        "is_not_at_work": is_promotion and not snippet.is_current(at),
        "may_read_log": may_read_log,
    }
    return {"tried": tried}


class PreviewBeforeSaveMixin:
    """Adds "Try it" to a form: it comes back with the proof, and nothing is saved."""

    def form_valid(self, form):
        """Save what is valid, or show what it would do."""
        if TRY not in self.request.POST:
            return super().form_valid(form)
        self.form = form
        proof = proof_context(self.request, form.instance, timezone.now())
        return self.render_to_response(self.get_context_data(**proof))

    def get_error_message(self):
        """Say of a try that it was none, and not that it was not saved."""
        if TRY in self.request.POST:
            return "Search could not try this. Mend what is marked below first."
        return super().get_error_message()


class CreateView(PreviewBeforeSaveMixin, snippets.CreateView):
    """A new promotion or synonym, which may come with what residents searched for."""

    def get_initial(self):
        """Take the search from `?searched=`, one phrase whatever was typed."""
        searched = clean_query(self.request.GET.get("searched", "").replace(",", " "))
        return {**super().get_initial(), **({"searched": searched} if searched else {})}


class EditView(PreviewBeforeSaveMixin, snippets.EditView):
    """A promotion or synonym that exists."""


class DeleteView(snippets.DeleteView):
    """The question before one is deleted, with what that changes."""

    def get_context_data(self, **kwargs):
        """Give the proof of the site without it."""
        proof = proof_context(self.request, self.object, timezone.now(), True)
        return super().get_context_data(**kwargs, **proof)


class ImpactPreviewViewSet(snippets.SnippetViewSet):
    """The views of what can be tried before it is saved."""

    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView
    create_template_name = edit_template_name = "search/form_with_preview.html"
    delete_template_name = "search/delete_with_preview.html"
