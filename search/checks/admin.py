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

from home.content.text import name_of
from home.page_tree.admin_api import NoChooserViewSet
from search.checks.models import SearchCheckSnippet
from search.checks.running import run_checks

MAX_HISTORY = 100
STATES = {"failing": False, "passing": True, "unchecked": None}
NOT_CHECKED_MESSAGE = (
    "Search is updating, so this check has not run yet. It will run automatically in a "
    "few minutes."
)


class CheckFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        label="Status",
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
        choices=[("mine", "Me"), ("none", "No owner")],
        widget=forms.RadioSelect,
        method="by_owner",
    )

    class Meta:
        model = SearchCheckSnippet
        fields = []

    def by_state(self, queryset, name, value):
        return queryset.filter(passed=STATES[value])

    def by_owner(self, queryset, name, value):
        return queryset.filter(owner=self.request.user if value == "mine" else None)


class CheckedAtOnceMixin:
    """Runs a check as soon as it is saved, so that its editor sees the result."""

    def save_instance(self):
        check = super().save_instance()
        if not run_checks([check], timezone.now()):
            messages.warning(self.request, NOT_CHECKED_MESSAGE)
        return check

    def get_success_message(self, *args, **kwargs):
        check = SearchCheckSnippet.objects.get(pk=self.object.pk)
        message = super().get_success_message(*args, **kwargs)
        return f"{message} {describe_result(check)}."


class CheckCreateView(CheckedAtOnceMixin, snippets.CreateView):
    """A new check."""


class CheckEditView(CheckedAtOnceMixin, snippets.EditView):
    def get_context_data(self, **kwargs):
        results = self.object.results.all()[:MAX_HISTORY]
        check_now = reverse(self.check_now_url_name, args=[self.object.pk])
        return super().get_context_data(
            results=results, check_now_url=check_now, **kwargs
        )

    check_now_url_name = None


class CheckNowView(PermissionCheckedMixin, View):
    model = SearchCheckSnippet
    permission_required = "change"
    http_method_names = ["post"]
    edit_url_name = None

    def post(self, request, pk):
        check = get_object_or_404(SearchCheckSnippet, pk=pk)
        if run_checks([check], timezone.now()):
            check.refresh_from_db()
            add_message = messages.success if check.passed else messages.warning
            add_message(request, f"'{check}': {describe_result(check)}.")
        else:
            messages.warning(request, NOT_CHECKED_MESSAGE)
        return redirect(self.edit_url_name, pk)


def describe_result(check: SearchCheckSnippet) -> str:
    """Return the last result of a check, such as 'Fails: in position 5'."""
    reason = check.reason[:1].lower() + check.reason[1:]
    return f"{check.state}: {reason}" if reason else check.state


class SearchCheckViewSet(snippets.SnippetViewSet):
    model = SearchCheckSnippet
    chooser_viewset_class = NoChooserViewSet
    icon = "circle-check"
    menu_label = "Search checks"
    list_display = [
        "query",
        Column("page", label="Page to find"),
        Column("within", label="Lowest acceptable position", sort_key="within"),
        Column("state", label="Status", accessor=describe_result, sort_key="passed"),
        DateColumn("checked_at", label="Last checked", sort_key="checked_at"),
        Column("owner", accessor=lambda check: name_of(check.owner) or "No owner"),
    ]
    list_per_page = 50
    search_fields = ["query"]
    filterset_class = CheckFilterSet
    copy_view_enabled = False
    add_view_class = CheckCreateView
    edit_view_class = CheckEditView
    edit_template_name = "search/check_form.html"

    def get_queryset(self, request):
        return SearchCheckSnippet.objects.select_related("page", "owner")

    def get_common_view_kwargs(self, **kwargs):
        return super().get_common_view_kwargs(
            check_now_url_name=self.get_url_name("check_now"), **kwargs
        )

    def get_urlpatterns(self):
        view = self.construct_view(CheckNowView)
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/check/", view, name="check_now"),
        ]
