"""Alerts in the admin: their list, the check before publishing, end and extend."""

from datetime import UTC, datetime, timedelta

import django_filters
from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View
from wagtail.actions.publish_revision import PublishRevisionAction
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.snippets.views import snippets
from wagtail.utils.decorators import xframe_options_sameorigin_override

from community.alerts.visibility import get_audience, page_order
from community.models import AlertSnippet
from community.models.alerts import (
    VISIBLE_STATES,
    AlertQuerySet,
    AlertState,
    Scope,
    Severity,
    on_page,
)
from home.content.dates import format_relative_datetime
from home.content.drafts import NotReadyError, require_ready
from home.page_tree.addresses import site_path
from home.page_tree.explorable import NoChooserViewSet

EXTENSIONS = {
    "two-hours": ("Add 2 hours", timedelta(hours=2)),
    "day": ("Add a day", timedelta(days=1)),
}
# How long after its end an alert can still be given more time.
EXTENDABLE_FOR = timedelta(days=1)
MAX_LISTED = 50


def can_be_extended(alert: AlertSnippet, at: datetime) -> bool:
    if alert.state == AlertState.ENDED:
        return at - alert.ends_at <= EXTENDABLE_FOR
    return alert.state in VISIBLE_STATES


def get_overlapping_alerts(alert: AlertSnippet, at: datetime) -> AlertQuerySet:
    starts_at = max(at, alert.starts_at)
    others = AlertSnippet.objects.published_until_after(starts_at)
    others = others.filter(starts_at__lt=alert.ends_at).exclude(pk=alert.pk)
    if alert.is_site_wide:
        return others
    overlap = Q(scope=Scope.SITE)
    for scope in alert.scopes.prefetch_related("page"):
        overlap |= on_page(scope.page)
        if scope.include_descendants:
            overlap |= Q(scopes__page__path__startswith=scope.page.path)
    return others.filter(overlap).distinct()


class AlertActionView(PermissionCheckedMixin, View):
    model = AlertSnippet
    permission_required = "publish"
    index_url_name = edit_url_name = None

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.at = timezone.now()
        alerts = AlertSnippet.objects.with_state(self.at)
        if request.method == "POST":
            # Two editors at once wait for each other.
            alerts = alerts.select_for_update()
        self.alert = get_object_or_404(alerts, pk=kwargs["pk"])

    def get_blocked_reason(self) -> str:
        """Return why the alert cannot be changed now, or an empty string."""
        lock = self.alert.get_lock()
        if lock and lock.for_user(self.request.user):
            return f"'{self.alert}' is locked, so it was not changed. Unlock it first."
        return ""

    def redirect_if_blocked(self) -> HttpResponse | None:
        if not (reason := self.get_blocked_reason()):
            return None
        messages.warning(self.request, reason)
        return redirect(self.edit_url_name, self.alert.pk)

    def post(self, request, *args, **kwargs):
        """Let `act` change the alert and add a message; it may lead elsewhere."""
        return self.redirect_if_blocked() or self.act() or redirect(self.index_url_name)

    def say_unchanged(self) -> None:
        state = self.alert.describe_state(self.at)
        text = f"Your change was not made because '{self.alert}' has changed: {state}."
        messages.warning(self.request, text)

    @transaction.atomic
    def publish_end(self, ends_at: datetime) -> None:
        """Publish the live version with another end, and give it to the draft."""
        alert, user = self.alert, self.request.user
        if alert.workflow_in_progress:
            text = f"You need to submit the draft of '{alert}' again."
            messages.warning(self.request, text)
        drafted = alert.latest_revision if alert.has_unpublished_changes else None
        alert.ends_at = ends_at
        # Publishing the last change has shown it again already, if it was to.
        alert.show_again = False
        revision = alert.save_revision(user=user, clean=False, log_action=True)
        # Past `publish`: what is live must end in time, whatever else is wrong.
        PublishRevisionAction(revision, user=user).execute()
        if drafted:
            drafted.refresh_from_db()
            draft = drafted.as_object()
            draft.ends_at = ends_at
            draft.save_revision(user=drafted.user, clean=False)


class EndView(AlertActionView):
    def act(self):
        alert = self.alert
        if alert.state in VISIBLE_STATES:
            self.publish_end(self.at.replace(microsecond=0))
            messages.success(self.request, f"'{alert}' has ended.")
        elif alert.state == AlertState.SCHEDULED:
            alert.unpublish(user=self.request.user)
            text = f"'{alert}' has been unpublished and will not start."
            messages.success(self.request, text)
        else:
            self.say_unchanged()


class ExtendView(AlertActionView):
    def act(self):
        """Move the end that the editor saw, so that a second click changes nothing."""
        alert, (_, extension) = self.alert, EXTENSIONS[self.kwargs["extension"]]
        is_seen = self.request.POST.get("ends_at") == alert.ends_at.isoformat()
        if not is_seen or not can_be_extended(alert, self.at):
            self.say_unchanged()
            return
        # A day later is the same time by the clock, also where the clocks change.
        zone = timezone.get_default_timezone() if extension.days else UTC
        again = " is on the website again and" * (alert.state == AlertState.ENDED)
        end = max(alert.ends_at, self.at.replace(second=0, microsecond=0))
        self.publish_end((end.astimezone(zone) + extension).astimezone(UTC))
        new_end = format_relative_datetime(alert.ends_at, self.at)
        messages.success(self.request, f"'{alert}'{again} now ends {new_end}.")


class ConfirmView(WagtailAdminTemplateMixin, AlertActionView, TemplateView):
    """The check before an alert is published (A6)."""

    template_name = "community/alert_confirm.html"
    page_title = "Check before publishing"
    confirm_preview_url_name = None

    @cached_property
    def draft(self) -> AlertSnippet:
        return self.alert.get_latest_revision_as_object()

    @property
    def draft_id(self) -> str:
        """Identify this draft: saving again may overwrite its revision."""
        revision = self.alert.latest_revision
        return f"{revision.pk} {revision.created_at.isoformat()}"

    def get_blocked_reason(self) -> str:
        if reason := super().get_blocked_reason():
            return reason
        has_draft = self.alert.has_unpublished_changes or not self.alert.live
        if not has_draft or self.alert.latest_revision is None:
            return f"'{self.alert}' has no changes to publish."
        try:
            require_ready(self.draft, self.request.user)
        except NotReadyError as error:
            return f"You cannot publish this draft yet. {' '.join(error.messages)}"
        return ""

    def get(self, request, *args, **kwargs):
        return self.redirect_if_blocked() or super().get(request, *args, **kwargs)

    def act(self) -> HttpResponse | None:
        """Publish the draft that was shown, and no other."""
        if self.request.POST.get("draft") != self.draft_id:
            messages.warning(
                self.request,
                "The alert was not published because the draft has changed since you "
                "opened this page. Check the latest draft below.",
            )
            return redirect(self.request.get_full_path())
        self.alert.latest_revision.publish(user=self.request.user)
        done = "scheduled" if self.draft.starts_at > self.at else "published"
        messages.success(self.request, f"'{self.draft}' has been {done}.")
        return None

    def get_breadcrumbs_items(self):
        edit_url = reverse(self.edit_url_name, args=[self.alert.pk])
        return [
            *self.breadcrumbs_items,
            {"url": reverse(self.index_url_name), "label": "Alerts"},
            {"url": edit_url, "label": str(self.draft)},
            {"url": "", "label": self.page_title, "sublabel": str(self.draft)},
        ]

    def get_context_data(self, **kwargs):
        draft, at = self.draft, self.at
        audience = get_audience(draft, at)
        listed = audience.order_by("path").only("title", "url_path")[:MAX_LISTED]
        scopes = [] if draft.is_site_wide else draft.scopes.all()
        chosen = {scope.page_id: scope.page for scope in scopes}
        public = audience.in_bulk(chosen)
        alerts = [*get_overlapping_alerts(draft, at), draft]
        return super().get_context_data(
            **kwargs,
            alert=draft,
            draft_id=self.draft_id,
            is_live=self.alert.state in VISIBLE_STATES,
            page_count=audience.count(),
            pages=[(page, site_path(page.url_path)) for page in listed],
            hidden_pages=[page for pk, page in chosen.items() if pk not in public],
            alerts_in_order=sorted(alerts, key=page_order, reverse=True),
            has_ended=draft.ends_at <= at,
            starts_later=draft.starts_at > at,
            start=format_relative_datetime(draft.starts_at, at),
            end=format_relative_datetime(draft.ends_at, at),
            edit_url=reverse(self.edit_url_name, args=[self.alert.pk]),
            preview_url=reverse(self.confirm_preview_url_name, args=[self.alert.pk]),
        )


@method_decorator(xframe_options_sameorigin_override, name="get")
class ConfirmPreviewView(AlertActionView):
    """A public page with the draft of an alert on it, for the iframe."""

    http_method_names = ["get"]

    def get(self, request, *args, **kwargs):
        draft = self.alert.get_latest_revision_as_object()
        audience = get_audience(draft, self.at)
        page = get_object_or_404(audience, pk=request.GET.get("page")).specific
        return page.make_preview_request(
            request, page.default_preview_mode, {"draft_alert": draft}
        )


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
        # Autosave may have saved the draft already.
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
        label="Severity",
        choices=Severity.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    # The list annotates it.
    state = django_filters.MultipleChoiceFilter(
        label="Status",
        choices=AlertState.choices,
        widget=forms.CheckboxSelectMultiple,
    )

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
