"""A topic in the admin: how people asked for it, what they find, and what to do."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page

from home.page_tree.addresses import public_path, site_root
from search.engine.request import SearchRequest
from search.engine.results import get_results
from search.feedback.page_feedback.models import UsefulnessComment
from search.feedback.unsuccessful_searches.action_forms import WordsForm, forms_for
from search.feedback.unsuccessful_searches.models import policy
from search.feedback.unsuccessful_searches.outcomes import add_outcomes
from search.feedback.unsuccessful_searches.report import (
    LONGEST_DAYS,
    REPORT_URL_NAME,
    TROUBLE,
    Chart,
    FindabilityView,
    describe_state,
)
from search.feedback.unsuccessful_searches.topic_stats import (
    Period,
    Topics,
    enquiries_of,
)

MAX_LISTED = 20
MAX_RESULTS = 5
# What leads to a form with the words filled in: its model, and what it is called.
PREFILLED = {"promotionsnippet": "Promote a page", "synonymsnippet": "Add a synonym"}


class TopicView(WagtailAdminTemplateMixin, TemplateView):
    """A topic of the last twelve months."""

    template_name = "search/findability_topic.html"
    header_icon = "search"

    def dispatch(self, request, *args, **kwargs):
        """Show the topic; the queue where it is gone or goes by another name now."""
        if not policy.user_has_permission(request.user, "view"):
            raise PermissionDenied
        self.at = timezone.now()
        self.period = Period.of_days(LONGEST_DAYS, self.at)
        topics = Topics(self.period, self.at)
        self.topic = topics.find(kwargs["digest"])
        if self.topic is None:
            text = "This topic is gone: its searches are deleted, or a synonym has "
            messages.warning(request, f"{text}joined it with another.")
            return redirect(REPORT_URL_NAME)
        topics.describe([self.topic])
        add_outcomes([self.topic], self.at)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        """Do what was asked for, or say beside the field why not."""
        if not policy.user_has_permission(request.user, "add"):
            raise PermissionDenied
        kinds = forms_for(self.topic, request.user)
        asked = kinds.get(request.POST.get("action"))
        if asked is None:
            messages.warning(request, "Nothing was changed: look how the topic stands.")
            return redirect(request.path)
        form = asked(self.topic, request.user, request.POST)
        if not form.is_valid():
            context = self.get_context_data(sent=form.fresh(), **kwargs)
            return self.render_to_response(context, status=422)
        action = form.act(self.at)
        messages.success(request, f"{self.topic.label}: {action.sentence}.")
        if isinstance(form, WordsForm):
            return redirect("wagtailadmin_pages:edit", form.draft.pk)
        return redirect(request.path)

    def get_page_title(self):
        """Return what people call it."""
        return self.topic.label

    def get_breadcrumbs_items(self):
        """Lead back to the queue."""
        queue = {"url": reverse(REPORT_URL_NAME), "label": FindabilityView.page_title}
        here = {"url": "", "label": self.topic.label}
        return [*super().get_breadcrumbs_items(), queue, here]

    def get_context_data(self, sent=None, **kwargs):
        """Give all that is known of the topic, and what may be done."""
        user, topic = self.request.user, self.topic
        kinds = forms_for(topic, user)
        forms = {name: form(topic, user) for name, form in kinds.items()}
        if sent:
            forms[sent.name()] = sent
        root = site_root(self.request)
        return {
            **super().get_context_data(**kwargs),
            "media": sum((form.media for form in forms.values()), Media()),
            "topic": topic,
            "counts": [
                (label, getattr(topic, name)) for name, label in TROUBLE.items()
            ],
            "state": describe_state(topic),
            "chart": Chart(topic.bars),
            "wordings": topic.wordings[:MAX_LISTED],
            "enquiries": enquiries_of(self.period).filter(topic__in=topic.stored)[
                :MAX_LISTED
            ],
            "comments": UsefulnessComment.objects.filter(
                self.period.within("created_at"),
                page__in=topic.pages,
                was_useful=False,
            ).select_related("page")[:MAX_LISTED],
            "pages": [
                (page.title, public_path(page.url_path, root)) for page in topic.pages
            ],
            "results": self._results(root),
            "links": self._links(),
            "forms": forms,
        }

    def _results(self, root: Page | None) -> list | None:
        """Return what the commonest wording finds now."""
        if root is None or not self.topic.can_be_searched:
            return None
        found = get_results(SearchRequest(self.topic.label), root, self.at)
        return [*found.promoted, *found.results][:MAX_RESULTS]

    def _links(self) -> list[tuple[str, str]]:
        words = urlencode({"searched": self.topic.label})
        query = f"?{words}" if self.topic.can_be_searched else ""
        return [
            (label, reverse(f"wagtailsnippets_search_{model}:add") + query)
            for model, label in PREFILLED.items()
            if self.request.user.has_perm(f"search.add_{model}")
        ]
