"""Search checks in the admin: the list, the form with its history, "Check now"."""

import django_filters
from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.generic import View
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.snippets.views import snippets

from home.page_tree.admin_api import NoChooserViewSet
from home.people import name_of
from search.curation.checks.models import SearchCheckSnippet
from search.curation.checks.running import run_checks

MAX_HISTORY = 100
STATES = {"failing": False, "passing": True, "unchecked": None}
NO_ANSWER = (
    "Search is being brought up to date, so this check waits. It runs by itself within "
    "a few minutes."
)


class CheckFilterSet(WagtailFilterSet):
    """Which checks fail, and which are one's own."""

    state = django_filters.ChoiceFilter(
        label="State",
        choices=[
            ("failing", "Fails"),
            ("passing", "Passes"),
            ("unchecked", "Not checked yet"),
        ],
        widget=forms.RadioSelect,
        method="by_state",
    )
    whose = django_filters.ChoiceFilter(
        label="Owner",
        choices=[("mine", "My own"), ("nobody", "Nobody")],
        widget=forms.RadioSelect,
        method="by_owner",
    )

    class Meta:
        model = SearchCheckSnippet
        fields = []

    def by_state(self, queryset, name, value):
        """Keep the checks that were in a state when they last ran."""
        return queryset.filter(passed=STATES[value])

    def by_owner(self, queryset, name, value):
        """Keep the checks of whoever asks, or those that nobody answers for."""
        return queryset.filter(owner=self.request.user if value == "mine" else None)


class CheckedAtOnceMixin:
    """Runs a check as soon as it is saved, so that its owner sees what it finds."""

    def save_instance(self):
        """Save the check and run it."""
        check = super().save_instance()
        if not run_checks([check], timezone.now()):
            messages.warning(self.request, NO_ANSWER)
        return check

    def get_success_message(self, *args, **kwargs):
        """Say what the check finds."""
        check = SearchCheckSnippet.objects.get(pk=self.object.pk)
        said = super().get_success_message(*args, **kwargs)
        return f"{said} {result_in_words(check)}."


class CheckCreateView(CheckedAtOnceMixin, snippets.CreateView):
    """A new check."""


class CheckEditView(CheckedAtOnceMixin, snippets.EditView):
    """A check and its history."""

    def get_context_data(self, **kwargs):
        """Give the changes of the past, the newest first."""
        results = self.object.results.all()[:MAX_HISTORY]
        check_now = reverse(self.check_now_url_name, args=[self.object.pk])
        return super().get_context_data(
            results=results, check_now_url=check_now, **kwargs
        )

    check_now_url_name = None


class CheckNowView(PermissionCheckedMixin, View):
    """Runs one check at once."""

    model = SearchCheckSnippet
    permission_required = "change"
    http_method_names = ["post"]
    edit_url_name = None

    def post(self, request, pk):
        """Run the check, say what it finds, and lead back to it."""
        check = get_object_or_404(SearchCheckSnippet, pk=pk)
        if run_checks([check], timezone.now()):
            check.refresh_from_db()
            say = messages.success if check.passed else messages.warning
            say(request, f"'{check}': {result_in_words(check)}.")
        else:
            messages.warning(request, NO_ANSWER)
        return redirect(self.edit_url_name, pk)


def result_in_words(check: SearchCheckSnippet) -> str:
    """Return what a check found last, such as 'Fails: stands at 5'."""
    why = check.why[:1].lower() + check.why[1:]
    return f"{check.state}: {why}" if why else check.state


class SearchCheckViewSet(snippets.SnippetViewSet):
    """What searches must find."""

    model = SearchCheckSnippet
    chooser_viewset_class = NoChooserViewSet
    icon = "circle-check"
    menu_label = "Search checks"
    list_display = [
        "query",
        Column("page", label="Must find"),
        Column("within", label="Among the first", sort_key="within"),
        Column("state", accessor=result_in_words, sort_key="passed"),
        DateColumn("checked_at", label="Last checked", sort_key="checked_at"),
        Column("owner", accessor=lambda check: name_of(check.owner) or "Nobody"),
    ]
    list_per_page = 50
    search_fields = ["query"]
    filterset_class = CheckFilterSet
    copy_view_enabled = False
    add_view_class = CheckCreateView
    edit_view_class = CheckEditView
    edit_template_name = "search/check_form.html"

    def get_queryset(self, request):
        """Return the checks with what the list shows of them."""
        return SearchCheckSnippet.objects.select_related("page", "owner")

    def get_common_view_kwargs(self, **kwargs):
        """Tell the views where the check is run."""
        return super().get_common_view_kwargs(
            check_now_url_name=self.get_url_name("check_now"), **kwargs
        )

    def get_urlpatterns(self):
        """Add "Check now"."""
        view = self.construct_view(CheckNowView)
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/check/", view, name="check_now"),
        ]
