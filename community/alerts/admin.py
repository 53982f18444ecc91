"""Alerts in the Wagtail admin."""

import django_filters
from django import forms
from django.middleware.csrf import get_token
from django.urls import path, reverse
from django.utils import timezone
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views import snippets

from community.alerts.actions import EXTENSIONS, EndView, ExtendView, can_be_extended
from community.alerts.confirmation import ConfirmPreviewView, ConfirmView
from community.models import AlertSnippet
from community.models.alerts import VISIBLE_STATES, AlertState
from community.models.visible_alerts import Severity
from home.page_tree.admin_api import NoChooserViewSet


class ConfirmFirstMixin:
    """Makes "Publish" save a draft and lead to the page that publishes it."""

    confirm_url_name = None

    def publish_action(self):
        pass

    def get_success_url(self):
        if self.action == "publish":
            return reverse(self.confirm_url_name, args=[self.object.pk])
        return super().get_success_url()

    def get_success_message(self, *args, **kwargs):
        if self.action == "publish":
            return None
        return super().get_success_message(*args, **kwargs)

    def get_error_message(self):
        """Say what failed: autosave may have saved the draft already."""
        if self.action == "publish" and not self.expects_json_response:
            return "The alert was not published. Fix the errors below and try again."
        return super().get_error_message()


class AlertCreateView(ConfirmFirstMixin, snippets.CreateView):
    pass


class AlertCopyView(ConfirmFirstMixin, snippets.CopyView):
    pass


class AlertEditView(ConfirmFirstMixin, snippets.EditView):
    pass


class StateColumn(Column):
    """The state of an alert, and the buttons that end or extend it."""

    cell_template_name = "community/alert_state_cell.html"

    class Media:
        css = {"all": ["css/admin-alerts.css"]}

    def get_value(self, instance):
        return instance.describe_state(timezone.now())

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        request = context["request"]
        if request.user.has_perm("community.publish_alertsnippet"):
            context["actions"] = list(self.get_actions(instance))
            context["csrf_token"] = get_token(request)
        return context

    def get_actions(self, alert):
        """Yield the label and URL of each button."""
        url_name = AlertSnippet.snippet_viewset.get_url_name
        if alert.state in (*VISIBLE_STATES, AlertState.SCHEDULED):
            label = "Cancel" if alert.state == AlertState.SCHEDULED else "End now"
            yield label, reverse(url_name("end"), args=[alert.pk])
        if can_be_extended(alert, timezone.now()):
            for name, (label, _) in EXTENSIONS.items():
                yield label, reverse(url_name("extend"), args=[alert.pk, name])


def describe_scope(alert: AlertSnippet) -> str:
    if alert.is_site_wide:
        return "Whole site"
    return "; ".join(map(str, alert.scopes.all())) or "No pages"


class AlertFilterSet(WagtailFilterSet):
    severity = django_filters.MultipleChoiceFilter(
        choices=Severity.choices, widget=forms.CheckboxSelectMultiple
    )
    state = django_filters.MultipleChoiceFilter(
        choices=AlertState.choices,
        widget=forms.CheckboxSelectMultiple,
        method="by_state",
    )

    def by_state(self, queryset, name, value):
        if not value:
            return queryset
        alerts = AlertSnippet.objects.with_state(timezone.now())
        return queryset.filter(pk__in=alerts.filter(state__in=value).values("pk"))

    class Meta:
        model = AlertSnippet
        fields = []


class AlertViewSet(snippets.SnippetViewSet):
    model = AlertSnippet
    chooser_viewset_class = NoChooserViewSet
    icon = "warning"
    menu_label = "Alerts"
    menu_order = 200
    add_to_admin_menu = True
    list_display = [
        "heading",
        Column("severity", accessor="get_severity_display", sort_key="severity"),
        Column("where", label="Where", accessor=describe_scope),
        StateColumn("state"),
    ]
    filterset_class = AlertFilterSet
    add_view_class = AlertCreateView
    copy_view_class = AlertCopyView
    edit_view_class = AlertEditView

    def get_queryset(self, request):
        alerts = AlertSnippet.objects.with_state(timezone.now())
        return alerts.prefetch_related("scopes__page").order_by(
            "state", "-severity", "-starts_at", "-pk"
        )

    def get_common_view_kwargs(self, **kwargs):
        return super().get_common_view_kwargs(
            confirm_url_name=self.get_url_name("confirm"),
            confirm_preview_url_name=self.get_url_name("confirm_preview"),
            **kwargs,
        )

    def get_urlpatterns(self):
        views = {
            "confirm": ("confirm/", ConfirmView),
            "confirm_preview": ("confirm/preview/", ConfirmPreviewView),
            "end": ("end/", EndView),
            "extend": ("extend/<slug:extension>/", ExtendView),
        }
        return super().get_urlpatterns() + [
            path(f"<int:pk>/{end}", self.construct_view(view), name=name)
            for name, (end, view) in views.items()
        ]
