"""The public history of a policy, and two versions side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from itertools import zip_longest

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from wagtail.views import serve

from community.models import PolicyUpdatePage, PublishedVersion
from community.policies.versions.diff import diff_texts
from community.policies.versions.rendering import VersionText
from home.caching import mark_cacheable
from home.content.dates import unique_datetime_labels
from home.content_version import next_change_of
from home.page_tree.addresses import bind_site, public_path, site_origin, site_root
from home.pages import get_visible_page_or_404

FIRST, MINOR, AGAIN = "First published", "Minor edit", "Shown again"
HISTORY = "history/"


@dataclass
class HistoryItem:
    """One publication in the history."""

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
        path = public_path(page.url_path, site_root(request))
        versions = list(page.published_versions.filter(hidden_at=None).defer("content"))
        name_versions(versions)
        context = {
            "page": page,
            "path": path,
            "history_path": f"{path}{HISTORY}",
            "compare_path": f"{path}{HISTORY}compare/",
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
    """Show two versions side by side; the last two by default."""
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
    now = timezone.now()
    before, after = (VersionText(each, now).get_lines() for each in (earlier, later))
    parts = [
        (heading, diff_texts(before[heading], after[heading]))
        for heading in before
        if before[heading] or after[heading]
    ]
    is_same = not any(hunk.lines for _, hunks in parts for hunk in hunks)
    return {"earlier": earlier, "later": later, "parts": parts, "is_same": is_same}


def get_history(
    page: PolicyUpdatePage, versions: list[PublishedVersion]
) -> list[HistoryItem]:
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
    names = unique_datetime_labels([entry.at for entry in entries])
    for entry, name in zip(entries, names, strict=True):
        entry.name = name
    return entries


def name_versions(versions: list[PublishedVersion]) -> None:
    """Set a unique `name` on each version; newest first."""
    names = unique_datetime_labels([version.published_at for version in versions])
    for version, name in zip(versions, names, strict=True):
        version.name = name
