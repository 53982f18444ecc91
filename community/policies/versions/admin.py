"""Hiding public versions of a policy, in the admin."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from wagtail import hooks
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.utils import GenericPageBreadcrumbsMixin
from wagtail.admin.widgets import Button
from wagtail.log_actions import log

from community.models import PolicyUpdatePage
from community.policies.versions.views import name_versions
from home.content.dates import unique_datetime_labels
from home.content_version import bump_content_version

HIDE, SHOW = "community.version.hide", "community.version.show"


def get_policy(request: HttpRequest, page_id: int) -> PolicyUpdatePage:
    """Return a policy that the user can publish."""
    page = get_object_or_404(PolicyUpdatePage, pk=page_id)
    if not page.permissions_for_user(request.user).can_publish():
        raise PermissionDenied
    return page


class VersionsView(
    GenericPageBreadcrumbsMixin, WagtailAdminTemplateMixin, TemplateView
):
    page_title = "Public versions"
    header_icon = "history"
    template_name = "community/public_versions.html"

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.object = get_policy(request, kwargs["page_id"])

    def get_page_subtitle(self):
        return self.object.get_admin_display_title()

    def get_breadcrumbs_items(self):
        here = {"url": "", "label": self.page_title}
        return [*self.breadcrumbs_items, here]

    def get_context_data(self, **kwargs):
        versions = self.object.published_versions.select_related("hidden_by")
        versions = list(versions.defer("content"))
        name_versions(versions)
        notes = dict(self.object.change_notes.values_list("revision_id", "note"))
        rows = [(version, notes.get(version.revision_id)) for version in versions]
        return super().get_context_data(rows=rows, page=self.object, **kwargs)


@require_POST
@transaction.atomic
def change_version(
    request: HttpRequest, page_id: int, version_id: int, action: str
) -> HttpResponse:
    """Hide an earlier version from readers, or show it again."""
    page = get_policy(request, page_id)
    versions = page.published_versions.defer("content")
    version = get_object_or_404(versions, pk=version_id)
    if version.ended_at is None:
        messages.error(
            request,
            "This is the current version. Correct the page and publish it first, "
            "then hide the version with the mistake.",
        )
    else:
        is_hidden = action == HIDE
        version.hidden_at = timezone.now() if is_hidden else None
        version.hidden_by = request.user if is_hidden else None
        version.save(update_fields=["hidden_at", "hidden_by"])
        bump_content_version(is_removal=is_hidden)
        [name] = unique_datetime_labels([version.published_at])
        log(page, action, data={"name": name})
        state = "now hidden from readers" if is_hidden else "public again"
        messages.success(request, f"The version from {name} is {state}.")
    return redirect("policy_versions", page_id)


@hooks.register("register_admin_urls")
def register_version_urls():
    base = "pages/<int:page_id>/published-versions/"
    return [
        path(base, VersionsView.as_view(), name="policy_versions"),
        *(
            path(
                f"{base}<int:version_id>/{verb}/",
                change_version,
                {"action": action},
                name=f"{verb}_policy_version",
            )
            for verb, action in (("hide", HIDE), ("show", SHOW))
        ),
    ]


@hooks.register("register_page_header_buttons")
def add_versions_button(page, user, view_name, next_url=None):
    is_policy = page.specific_class is PolicyUpdatePage
    if is_policy and page.permissions_for_user(user).can_publish():
        address = reverse("policy_versions", args=[page.pk])
        yield Button("Public versions", address, icon_name="history", priority=68)


@hooks.register("register_log_actions")
def register_version_actions(actions):
    actions.register_action(HIDE, "Hide a public version", "Hid a public version")
    actions.register_action(SHOW, "Show a hidden version", "Showed a hidden version")
