"""Alerts in the Wagtail admin: the list, and the way from writing to publishing."""

from django.db.models import Count
from django.middleware.csrf import get_token
from django.urls import path, reverse
from django.utils import timezone
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views import snippets

from community.alerts.actions import EXTENSIONS, EndView, ExtendView, can_be_extended
from community.alerts.confirmation import ConfirmPreviewView, ConfirmView
from community.alerts.states import SHOWN, State, describe_state, with_state
from community.models import AlertSnippet
from community.models.alerts import Scope
from community.policies.filters import AlertFilterSet
from home.page_tree.admin_api import NoChooserViewSet


class ConfirmFirstMixin:
    """Makes "Publish" save a draft and lead to the page that publishes it."""

    confirm_url_name = None

    def publish_action(self):
        """Leave the draft unpublished."""

    def get_success_url(self):
        """Lead to the confirmation after "Publish"."""
        if self.action == "publish":
            return reverse(self.confirm_url_name, args=[self.object.pk])
        return super().get_success_url()

    def get_success_message(self, *args, **kwargs):
        """Say nothing of publishing, which is still to come."""
        if self.action == "publish":
            return None
        return super().get_success_message(*args, **kwargs)


class AlertCreateView(ConfirmFirstMixin, snippets.CreateView):
    """A new alert."""


class AlertCopyView(ConfirmFirstMixin, snippets.CopyView):
    """A new alert that begins as the copy of another."""


class AlertEditView(ConfirmFirstMixin, snippets.EditView):
    """An alert that exists; what is live stays until the change is confirmed."""


class StateColumn(Column):
    """Where an alert stands, and the buttons that end it or give it more time."""

    cell_template_name = "community/alert_state_cell.html"

    class Media:
        css = {"all": ["css/admin-alerts.css"]}

    def get_value(self, instance):
        """Return the state in words."""
        return describe_state(instance, timezone.now())

    def get_cell_context_data(self, instance, parent_context):
        """Give the buttons that make sense now, to those who may publish."""
        context = super().get_cell_context_data(instance, parent_context)
        request = context["request"]
        if request.user.has_perm("community.publish_alertsnippet"):
            context["actions"] = list(self.get_actions(instance))
            context["csrf_token"] = get_token(request)
        return context

    def get_actions(self, alert):
        """Yield the words of each button and where it leads."""
        url_name = AlertSnippet.snippet_viewset.get_url_name
        if alert.state in (*SHOWN, State.SCHEDULED):
            label = "Cancel" if alert.state == State.SCHEDULED else "End now"
            yield label, reverse(url_name("end"), args=[alert.pk])
        if can_be_extended(alert, timezone.now()):
            for name, (label, _) in EXTENSIONS.items():
                yield label, reverse(url_name("extend"), args=[alert.pk, name])


def where_in_words(alert: AlertSnippet) -> str:
    """Return where an alert of the list appears, in a few words."""
    if alert.scope == Scope.SITE:
        return "Whole site"
    return f"{alert.place_count} page{'' if alert.place_count == 1 else 's'}"


class AlertViewSet(snippets.SnippetViewSet):
    """Alerts: list, edit, confirm, publish, extend, end."""

    model = AlertSnippet
    chooser_viewset_class = NoChooserViewSet
    icon = "warning"
    menu_label = "Alerts"
    menu_order = 200
    add_to_admin_menu = True
    list_display = [
        "heading",
        Column("severity", accessor="get_severity_display", sort_key="severity"),
        Column("where", label="Where", accessor=where_in_words),
        StateColumn("state"),
    ]
    filterset_class = AlertFilterSet
    copy_view_enabled = True
    add_view_class = AlertCreateView
    copy_view_class = AlertCopyView
    edit_view_class = AlertEditView

    def get_queryset(self, request):
        """Return the alerts with their states: what is live first."""
        alerts = with_state(AlertSnippet.objects.all(), timezone.now())
        return alerts.annotate(place_count=Count("scopes")).order_by(
            "state", "-severity", "-starts_at", "-pk"
        )

    def get_common_view_kwargs(self, **kwargs):
        """Tell the views of the confirmation."""
        return super().get_common_view_kwargs(
            confirm_url_name=self.get_url_name("confirm"),
            confirm_preview_url_name=self.get_url_name("confirm_preview"),
            **kwargs,
        )

    def get_urlpatterns(self):
        """Add the confirmation and the actions of the list."""
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
