"""The check before an alert is published (A6)."""

from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.query import PageQuerySet
from wagtail.utils.decorators import xframe_options_sameorigin_override

from community.alerts.actions import AlertActionView
from community.alerts.visibility import page_order
from community.models import AlertSnippet
from community.models.alerts import VISIBLE_STATES, AlertQuerySet, on_page
from community.models.visible_alerts import Scope
from home.content.dates import format_relative_datetime
from home.content.drafts import NotReadyError, require_ready
from home.page_tree.addresses import descendants_of, site_path
from home.pages import visible_pages

MAX_LISTED = 50


def get_audience(alert: AlertSnippet, at: datetime) -> PageQuerySet:
    """Return the public pages on which an alert, which may be a draft, appears."""
    pages = visible_pages(at).filter(depth__gt=1)
    if alert.is_site_wide:
        return pages
    chosen = Q(pk__in=[])
    for scope in alert.scopes.prefetch_related("page"):
        chosen |= Q(pk=scope.page_id)
        if scope.include_descendants:
            chosen |= descendants_of(scope.page.path)
    return pages.filter(chosen)


def get_overlapping_alerts(alert: AlertSnippet, at: datetime) -> AlertQuerySet:
    """Return the other alerts shown on the same pages at the same time."""
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


class ConfirmView(WagtailAdminTemplateMixin, AlertActionView, TemplateView):
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
        if self.alert.live and not self.alert.has_unpublished_changes:
            return f"'{self.alert}' is already published and has no new changes."
        if self.alert.latest_revision is None:
            return f"'{self.alert}' has no draft. Edit it first."
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
        chosen = (
            [] if draft.is_site_wide else [each.page for each in draft.scopes.all()]
        )
        public = audience.in_bulk([page.pk for page in chosen])
        alerts = [*get_overlapping_alerts(draft, at), draft]
        return super().get_context_data(
            **kwargs,
            alert=draft,
            draft_id=self.draft_id,
            is_live=self.alert.state in VISIBLE_STATES,
            page_count=audience.count(),
            pages=[(page, site_path(page.url_path)) for page in listed],
            hidden_pages=[page for page in chosen if page.pk not in public],
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
