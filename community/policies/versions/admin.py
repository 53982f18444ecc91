"""Hiding public versions of a policy, in the admin."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.generic import TemplateView, View
from wagtail import hooks
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.utils import GenericPageBreadcrumbsMixin
from wagtail.admin.widgets import Button
from wagtail.log_actions import LogFormatter, log
from wagtail.models import Page

from community.models import PolicyUpdatePage, PublishedVersion
from community.policies.versions.views import name_versions
from home.content.dates import unique_datetime_labels
from home.content_version.counter import bump_content_version

HIDE, SHOW = "community.version.hide", "community.version.show"


class ForPublishersOfPolicyMixin:
    """Gives a view its policy, for users who can publish it."""

    def setup(self, request: HttpRequest, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.object = get_object_or_404(Page, pk=kwargs["page_id"]).specific

    def dispatch(self, request: HttpRequest, *args, **kwargs):
        if not self.object.permissions_for_user(request.user).can_publish():
            raise PermissionDenied
        if not isinstance(self.object, PolicyUpdatePage):
            raise Http404("Only policies have public versions.")
        return super().dispatch(request, *args, **kwargs)


class VersionsView(
    ForPublishersOfPolicyMixin,
    GenericPageBreadcrumbsMixin,
    WagtailAdminTemplateMixin,
    TemplateView,
):
    page_title = "Public versions"
    header_icon = "history"
    template_name = "community/public_versions.html"

    def get_page_subtitle(self):
        return self.object.get_admin_display_title()

    def get_breadcrumbs_items(self):
        here = {"url": "", "label": self.page_title}
        return [*self.breadcrumbs_items, here]

    def get_context_data(self, **kwargs):
        versions = self.object.published_versions.select_related("hidden_by")
        notes = dict(self.object.change_notes.values_list("revision_id", "note"))
        versions = list(versions.defer("content"))
        name_versions(versions)
        rows = [(version, notes.get(version.revision_id)) for version in versions]
        return super().get_context_data(rows=rows, page=self.object, **kwargs)


class ChangeVersionView(ForPublishersOfPolicyMixin, View):
    """Hides an earlier version from readers, or shows it again."""

    http_method_names = ["post"]
    action = HIDE

    @transaction.atomic
    def post(self, request: HttpRequest, page_id: int, version_id: int):
        versions = list(self.object.published_versions.defer("content"))
        name_versions(versions)
        version = next((each for each in versions if each.pk == version_id), None)
        if version is None:
            raise Http404("This policy has no such version.")
        if version.ended_at is None:
            messages.error(
                request,
                "This is the current version. Correct the page and publish it first, "
                "then hide the version with the mistake.",
            )
        elif self.action == HIDE:
            self._write(version, timezone.now(), request.user)
            messages.success(
                request, f"The version from {version.name} is now hidden from readers."
            )
        else:
            self._write(version, None, None)
            messages.success(
                request, f"The version from {version.name} is public again."
            )
        return redirect(reverse("policy_versions", args=[page_id]))

    def _write(self, version: PublishedVersion, at, user) -> None:
        bump_content_version(is_removal=at is not None)
        version.hidden_at, version.hidden_by = at, user
        version.save(update_fields=["hidden_at", "hidden_by"])
        log(
            self.object,
            self.action,
            data={
                "published_at": version.published_at.isoformat(),
                "name": version.name,
            },
        )


@hooks.register("register_admin_urls")
def register_version_urls():
    base = "pages/<int:page_id>/published-versions/"
    hide = ChangeVersionView.as_view()
    show = ChangeVersionView.as_view(action=SHOW)
    return [
        path(base, VersionsView.as_view(), name="policy_versions"),
        path(f"{base}<int:version_id>/hide/", hide, name="hide_policy_version"),
        path(f"{base}<int:version_id>/show/", show, name="show_policy_version"),
    ]


@hooks.register("register_page_header_buttons")
def add_versions_button(page, user, view_name, next_url=None):
    is_policy = page.specific_class is PolicyUpdatePage
    if is_policy and page.permissions_for_user(user).can_publish():
        address = reverse("policy_versions", args=[page.pk])
        yield Button("Public versions", address, icon_name="history", priority=68)


@hooks.register("register_log_actions")
def register_version_actions(actions):
    @actions.register_action(HIDE)
    class Hidden(LogFormatter):
        label = "Hide a public version"

        def format_message(self, log_entry):
            return f"Hid the version from {_name(log_entry)}"

    @actions.register_action(SHOW)
    class Shown(LogFormatter):
        label = "Show a hidden version"

        def format_message(self, log_entry):
            return f"Showed the version from {_name(log_entry)} again"


def _name(log_entry) -> str:
    # Older entries have the time only.
    at = datetime.fromisoformat(log_entry.data["published_at"])
    return log_entry.data.get("name") or unique_datetime_labels([at])[0]
