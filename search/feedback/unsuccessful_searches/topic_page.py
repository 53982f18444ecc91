"""The admin page of one topic."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Page

from home.page_tree.addresses import public_path, site_root
from home.reports import register_report
from search.engine.request import SearchRequest
from search.engine.results import get_results
from search.feedback.actions import CaseState
from search.feedback.page_feedback.models import PageFeedbackComment
from search.feedback.permissions import topic_policy
from search.feedback.staff_forms import (
    ActionForm,
    AssignForm,
    CloseForm,
    ReopenForm,
)
from search.feedback.unsuccessful_searches.outcomes import add_outcomes
from search.feedback.unsuccessful_searches.report import (
    FAILURE_TYPES,
    MAX_DAYS,
    REPORT_URL_NAME,
    TOPIC_URL_NAME,
    Chart,
    UnsuccessfulSearchesView,
    describe_state,
)
from search.feedback.unsuccessful_searches.topic_stats import (
    Period,
    TopicReport,
    enquiries_of,
)

MAX_LISTED = 20
MAX_RESULTS = 5
# Links to prefilled forms: their model and label.
PREFILLED_FORMS = {
    "promotionsnippet": "Promote a page",
    "synonymsnippet": "Add a synonym",
}


class TopicView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "search/unsuccessful_searches_topic.html"
    header_icon = "circle-xmark"

    def dispatch(self, request, *args, **kwargs):
        """Redirect to the report if the topic is gone or has been merged."""
        if not topic_policy.user_has_permission(request.user, "view"):
            raise PermissionDenied
        self.at = timezone.now()
        self.period = Period.of_days(MAX_DAYS, self.at)
        topics = TopicReport(self.period, self.at)
        self.topic = topics.find(kwargs["digest"])
        if self.topic is None:
            messages.warning(
                request,
                "This topic no longer exists. Its searches were deleted, or a synonym "
                "merged it with another topic.",
            )
            return redirect(REPORT_URL_NAME)
        topics.describe([self.topic])
        add_outcomes([self.topic], self.at)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not topic_policy.user_has_permission(request.user, "add"):
            raise PermissionDenied
        kind = self._forms().get(request.POST.get("action"))
        if kind is None:
            messages.warning(request, "Nothing was changed. Check the topic's status.")
            return redirect(request.path)
        form = self._form(kind, request.POST)
        if not form.is_valid():
            context = self.get_context_data(sent=form, **kwargs)
            return self.render_to_response(context, status=422)
        if action := form.perform(self.at):
            messages.success(request, f"{self.topic.label}: {action}.")
        else:
            messages.info(request, "No changes were made.")
        return redirect(form.next_url or request.path)

    def _forms(self) -> dict[str, type[ActionForm]]:
        if not topic_policy.user_has_permission(self.request.user, "add"):
            return {}
        is_open = self.topic.state == CaseState.OPEN
        forms = [CloseForm, AssignForm] if is_open else [ReopenForm]
        return {form.heading.lower(): form for form in forms}

    def _form(self, kind: type[ActionForm], data=None) -> ActionForm:
        # Several forms on the page share field names.
        auto_id = f"{kind.heading.lower()}-%s"
        return kind(data, auto_id=auto_id, case=self.topic, user=self.request.user)

    def get_page_title(self):
        return self.topic.label

    def get_breadcrumbs_items(self):
        report = {
            "url": reverse(REPORT_URL_NAME),
            "label": UnsuccessfulSearchesView.page_title,
        }
        here = {"url": "", "label": self.topic.label}
        return [*super().get_breadcrumbs_items(), report, here]

    def get_context_data(self, sent=None, **kwargs):
        topic = self.topic
        forms = {name: self._form(kind) for name, kind in self._forms().items()}
        if sent:
            forms[sent.heading.lower()] = sent
        root = site_root(self.request)
        return {
            **super().get_context_data(**kwargs),
            "media": sum((form.media for form in forms.values()), Media()),
            "topic": topic,
            "counts": [
                (label, getattr(topic, name)) for name, label in FAILURE_TYPES.items()
            ],
            "state": describe_state(topic),
            "chart": Chart(topic.bars),
            "wordings": topic.wordings[:MAX_LISTED],
            "enquiries": enquiries_of(self.period).filter(topic__in=topic.stored)[
                :MAX_LISTED
            ],
            "comments": PageFeedbackComment.objects.filter(
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
        if root is None or not self.topic.searched:
            return None
        found = get_results(SearchRequest(self.topic.searched), root, self.at)
        return [*found.promoted, *found.results][:MAX_RESULTS]

    def _links(self) -> list[tuple[str, str]]:
        searched = self.topic.searched
        query = "?" + urlencode({"searched": searched}) if searched else ""
        return [
            (label, reverse(f"wagtailsnippets_search_{model}:add") + query)
            for model, label in PREFILLED_FORMS.items()
            if self.request.user.has_perm(f"search.add_{model}")
        ]


register_report(
    UnsuccessfulSearchesView,
    path("<str:digest>/", TopicView.as_view(), name=TOPIC_URL_NAME),
    in_reports_menu=False,
)
