"""Published versions of policies: their archive, public history and hiding."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from itertools import zip_longest

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import TemplateView
from wagtail import hooks
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.utils import GenericPageBreadcrumbsMixin
from wagtail.admin.widgets import Button
from wagtail.log_actions import log
from wagtail.views import serve

from community.models import PolicyUpdatePage, PublishedVersion
from community.models.policies import ARCHIVED_FIELDS
from community.policies.comparison import compare_versions
from home.caching import mark_cacheable
from home.content.dates import unique_datetime_labels
from home.content_version import bump_content_version, next_change_of
from home.page_tree.addresses import bind_site, public_path, site_origin, site_root
from home.page_tree.visibility import Change, page_visibility_changed
from home.pages import get_visible_page_or_404

FIRST, MINOR, AGAIN = "First published", "Minor edit", "Shown again"
HISTORY = "history/"
HIDE, SHOW = "community.version.hide", "community.version.show"


@receiver(page_visibility_changed)
def archive_versions(
    sender, change, page_ids, was_public, is_public, revision=None, **kwargs
):
    """Archive policies that are published or become public; an alias has no history."""
    if was_public == is_public and change is not Change.PUBLISHED:
        return
    policies = PolicyUpdatePage.objects.filter(pk__in=page_ids, alias_of=None)
    now = timezone.now()
    current = PublishedVersion.objects.filter(ended_at=None)
    if not is_public:
        current.filter(page__in=policies).update(ended_at=now)
        return
    for policy in policies:
        is_new = change is Change.PUBLISHED and policy.last_published_at
        at = policy.last_published_at if is_new else now
        content = policy.serializable_data()
        with transaction.atomic():
            current.filter(page=policy).update(ended_at=at)
            PublishedVersion.objects.create(
                page=policy,
                revision_id=revision.pk if revision else None,
                published_at=at,
                content={name: content[name] for name in ARCHIVED_FIELDS},
            )


@dataclass
class HistoryItem:
    at: datetime
    note: str
    # None if the version was not archived or is hidden.
    version: PublishedVersion | None = None
    before: PublishedVersion | None = None
    # The date and time, unique among the entries.
    name: str = ""


def for_policy(view: Callable[..., dict]) -> Callable[..., HttpResponse]:
    """Pass the view the public policy at `policy_path`; it returns the context.

    If there is none, serve the address as a page: nothing is reserved below a section,
    and there are no pages below a policy.
    """

    @require_safe
    @wraps(view)
    def wrapped(request: HttpRequest, policy_path: str) -> HttpResponse:
        try:
            page = get_visible_page_or_404(request, PolicyUpdatePage, policy_path)
        except Http404:
            return bind_site(serve)(request, request.path.lstrip("/"))
        page_path = public_path(page.url_path, site_root(request))
        versions = list(page.published_versions.filter(hidden_at=None).defer("content"))
        name_each(versions, "published_at")
        context = {
            "page": page,
            "path": page_path,
            "history_path": f"{page_path}{HISTORY}",
            "compare_path": f"{page_path}{HISTORY}compare/",
            "versions": versions,
            **view(request, page, versions),
        }
        response = render(request, f"community/policy_{view.__name__}.html", context)
        changes_at = next_change_of(page, timezone.now(), *page.changes_by_clock)
        return mark_cacheable(response, changes_at)

    return wrapped


@for_policy
def history(request, page, versions):
    canonical = site_origin(request) + request.path
    return {"entries": get_history(page, versions), "canonical": canonical}


@for_policy
def comparison(request, page, versions):
    if len(versions) < 2:
        raise Http404("There are not two versions to compare.")
    by_id = {str(version.pk): version for version in versions}
    try:
        chosen = [
            by_id[request.GET.get(name, str(default.pk))]
            for name, default in (("to", versions[0]), ("from", versions[1]))
        ]
    except KeyError as error:
        raise Http404("This version does not exist or is hidden.") from error
    later, earlier = sorted(chosen, key=versions.index)
    parts = compare_versions(earlier, later, timezone.now())
    is_same = not any("lines" in hunk for _, hunks in parts for hunk in hunks)
    return {"earlier": earlier, "later": later, "parts": parts, "is_same": is_same}


def get_history(page, versions) -> list[HistoryItem]:
    """Return all public publications, newest first."""
    notes = {note.revision_id: note for note in page.change_notes.all()}
    first = page.first_published_at
    entries, revisions = [], {None}
    # A revision may be published twice; its note belongs to the first time.
    for version, before in reversed([*zip_longest(versions, versions[1:])]):
        note = notes.pop(version.revision_id, None)
        if note:
            text = note.note
        elif version.published_at == first:
            text = FIRST
        else:
            text = AGAIN if version.revision_id in revisions else MINOR
        revisions.add(version.revision_id)
        entries.append(HistoryItem(version.published_at, text, version, before))
    entries += [HistoryItem(note.published_at, note.note) for note in notes.values()]
    if first and not any(entry.at <= first for entry in entries):
        entries.append(HistoryItem(first, FIRST))
    entries.sort(
        key=lambda entry: (entry.at, entry.version.pk if entry.version else 0),
        reverse=True,
    )
    name_each(entries, "at")
    return entries


def name_each(items: list, time_field: str) -> None:
    """Set a unique `name` on each version or entry; newest first."""
    names = unique_datetime_labels([getattr(item, time_field) for item in items])
    for item, name in zip(items, names, strict=True):
        item.name = name


def get_policy(request, page_id) -> PolicyUpdatePage:
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
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs):
        versions = self.object.published_versions.select_related("hidden_by")
        versions = list(versions.defer("content"))
        name_each(versions, "published_at")
        notes = dict(self.object.change_notes.values_list("revision_id", "note"))
        rows = [(version, notes.get(version.revision_id)) for version in versions]
        return super().get_context_data(rows=rows, page=self.object, **kwargs)


@require_POST
@transaction.atomic
def change_version(request, page_id, version_id, action):
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
    change = f"{base}<int:version_id>"
    hide, show = {"action": HIDE}, {"action": SHOW}
    return [
        path(base, VersionsView.as_view(), name="policy_versions"),
        path(f"{change}/hide/", change_version, hide, name="hide_policy_version"),
        path(f"{change}/show/", change_version, show, name="show_policy_version"),
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
