"""The check before an alert is published (A6)."""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets import AdminPageChooser
from wagtail.models import Page
from wagtail.utils.decorators import xframe_options_sameorigin_override

from community.alerts.actions import AlertActionView
from community.alerts.audience import (
    get_audience,
    get_chosen_pages,
    get_overlapping_alerts,
    get_places,
    order_on_page,
    public_site_pages,
)
from community.alerts.states import (
    VISIBLE_STATES,
    AlertState,
    describe_state,
    with_state,
)
from community.models import AlertSnippet
from community.models.visible_alerts import Scope
from home.content.dates import format_relative_datetime
from home.content.readiness import NotReadyError, require_ready
from home.page_tree.addresses import site_root


class PageToShowForm(forms.Form):
    """Selects the page on which the alert is previewed."""

    page = forms.ModelChoiceField(
        Page.objects.none(),
        required=False,
        label="Preview on another page",
        widget=AdminPageChooser(show_edit_link=False, show_clear_link=False),
        error_messages={
            "invalid_choice": "That page is not public. Choose another page."
        },
    )

    class Media:
        css = {"all": ["css/admin-alerts.css"]}

    def __init__(self, request: HttpRequest, at: datetime):
        page = request.GET.get("page", "")
        # The chooser fails on anything but a number.
        super().__init__({"page": page} if page.isascii() and page.isdigit() else None)
        self.fields["page"].queryset = public_site_pages(at)


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
        return f"{revision.pk} {revision.created_at.isoformat()}" if revision else ""

    def get_blocked_reason(self) -> str:
        reason = super().get_blocked_reason()
        if reason:
            return reason
        if self.alert.live and not self.alert.has_unpublished_changes:
            return f"'{self.alert}' is already published and has no new changes."
        if self.alert.latest_revision is None:
            return f"'{self.alert}' has no draft. Edit it first."
        return ""

    def redirect_if_blocked(self) -> HttpResponse | None:
        """Redirect to the editor, too, if the draft is not ready to publish."""
        response = super().redirect_if_blocked()
        if response:
            return response
        try:
            require_ready(self.draft)
        except NotReadyError as error:
            text = f"You cannot publish this draft yet. {' '.join(error.messages)}"
            messages.error(self.request, text)
            return redirect(self.edit_url_name, self.alert.pk)
        return None

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
        if not get_places(self.draft, get_chosen_pages(self.draft)):
            text = "The alert was not published. Choose at least one page first."
            messages.error(self.request, text)
            return redirect(self.edit_url_name, self.alert.pk)
        self.alert.latest_revision.publish(user=self.request.user)
        published = with_state(AlertSnippet.objects, self.at).get(pk=self.alert.pk)
        state = describe_state(published, self.at)
        is_scheduled = published.state == AlertState.SCHEDULED
        done = "scheduled" if is_scheduled else "published"
        messages.success(self.request, f"'{published}' has been {done}. {state}.")
        return None

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse(self.index_url_name), "label": "Alerts"},
            {
                "url": reverse(self.edit_url_name, args=[self.alert.pk]),
                "label": str(self.draft),
            },
            {"url": "", "label": self.page_title, "sublabel": str(self.draft)},
        ]

    def get_context_data(self, **kwargs):
        draft, at = self.draft, self.at
        chosen = get_chosen_pages(draft)
        places = get_places(draft, chosen)
        ids = [page.pk for page in chosen]
        public = public_site_pages(at).in_bulk(ids)
        overlapping = get_overlapping_alerts(draft, places, at)
        form = PageToShowForm(self.request, at)
        picked = form.cleaned_data["page"] if form.is_valid() else None
        first_chosen = next((public[pk] for pk in ids if pk in public), None)
        page = picked or first_chosen or site_root(self.request)
        return super().get_context_data(
            **kwargs,
            alert=draft,
            draft_id=self.draft_id,
            is_live=self.alert.state in VISIBLE_STATES,
            is_whole_site=draft.scope == Scope.SITE,
            audience=get_audience(places, at),
            hidden_pages=[page for page in chosen if page.pk not in public],
            alerts_in_order=sorted(
                [*overlapping, draft], key=order_on_page, reverse=True
            ),
            has_ended=draft.ends_at <= at,
            starts_later=draft.starts_at > at,
            start=format_relative_datetime(draft.starts_at, at),
            end=format_relative_datetime(draft.ends_at, at),
            form=form,
            media=form.media,
            shown_page=page,
            is_on_shown_page=any(place.covers(page.path) for place in places),
            edit_url=reverse(self.edit_url_name, args=[self.alert.pk]),
            preview_url=reverse(self.confirm_preview_url_name, args=[self.alert.pk]),
        )


@method_decorator(xframe_options_sameorigin_override, name="get")
class ConfirmPreviewView(AlertActionView):
    """A public page with the draft of an alert on it, for the iframe."""

    http_method_names = ["get"]

    def get(self, request, *args, **kwargs):
        form = PageToShowForm(request, self.at)
        page = form.cleaned_data["page"] if form.is_valid() else None
        if self.alert is None or page is None:
            raise Http404("There is no such page or alert.")
        draft = self.alert.get_latest_revision_as_object()
        return page.specific.make_preview_request(
            request, page.default_preview_mode, {"draft_alert": draft}
        )
