"""The public history of a policy, and two versions side by side."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from itertools import zip_longest

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from wagtail.views import serve

from community.models import PolicyUpdatePage, PublishedVersion
from community.policies.versions.diff import DiffHunk, diff_texts
from community.policies.versions.rendering import HEADINGS, get_lines
from home.content.dates import unique_datetime_labels
from home.content_version.caching import mark_cacheable
from home.content_version.counter import next_change_of
from home.page_tree.addresses import (
    bind_site,
    public_path,
    site_origin,
    site_root,
)
from home.pages import visible_pages

FIRST, MINOR, AGAIN = "First published", "Minor edit", "Shown again"
HISTORY, COMPARE = "history/", "history/compare/"
MAX_ID_DIGITS = 18


@dataclass
class HistoryItem:
    """One publication in the history."""

    at: datetime
    note: str
    # None if the version was not archived or is hidden.
    version: PublishedVersion | None = None
    before: PublishedVersion | None = None
    # The date and time, unique among the entries.
    name: str = field(init=False)


@dataclass(frozen=True)
class ComparedPart:
    heading: str
    hunks: list[DiffHunk]

    @property
    def is_same(self) -> bool:
        return not any(hunk.lines for hunk in self.hunks)


def for_policy(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Pass the view the public policy at `policy_path`.

    If there is none, serve the address as a page: nothing is reserved below a section,
    and there are no pages below a policy.
    """

    @require_safe
    @wraps(view)
    def wrapped(request: HttpRequest, policy_path: str) -> HttpResponse:
        root = site_root(request)
        url_path = f"{root.url_path}{policy_path}/" if root else ""
        visible = visible_pages(timezone.now())
        policies = PolicyUpdatePage.objects.filter(pk__in=visible)
        page = policies.filter(url_path=url_path).first()
        if page is None:
            return bind_site(serve)(request, request.path.lstrip("/"))
        response = view(request, page, public_path(page.url_path, root))
        changes_at = next_change_of(page, timezone.now(), *page.changes_by_clock)
        return mark_cacheable(response, changes_at)

    return wrapped


@for_policy
def history(request: HttpRequest, page: PolicyUpdatePage, path: str) -> HttpResponse:
    versions = get_versions(page)
    context = {
        "page": page,
        **get_paths(path),
        "entries": get_history(page, versions),
        "versions": versions,
        "canonical": site_origin(request) + request.path,
    }
    return render(request, "community/policy_history.html", context)


@for_policy
def comparison(request: HttpRequest, page: PolicyUpdatePage, path: str) -> HttpResponse:
    """Show two versions side by side; the last two by default."""
    versions = get_versions(page)
    if len(versions) < 2:
        raise Http404("There are not two versions to compare.")
    chosen = {
        _choose(versions, request.GET.get("from"), otherwise=versions[1]),
        _choose(versions, request.GET.get("to"), otherwise=versions[0]),
    }
    later, earlier = ([each for each in versions if each in chosen] * 2)[:2]
    parts = get_parts(earlier, later, timezone.now())
    context = {
        "page": page,
        **get_paths(path),
        "versions": versions,
        "earlier": earlier,
        "later": later,
        "parts": parts,
        "is_same": all(part.is_same for part in parts),
    }
    return render(request, "community/policy_comparison.html", context)


def get_paths(path: str) -> dict[str, str]:
    return {
        "path": path,
        "history_path": f"{path}{HISTORY}",
        "compare_path": f"{path}{COMPARE}",
    }


def get_versions(page: PolicyUpdatePage) -> list[PublishedVersion]:
    """Return the public versions, newest first."""
    shown = list(page.published_versions.filter(hidden_at=None).defer("content"))
    name_versions(shown)
    return shown


def _choose(
    versions: list[PublishedVersion], text: str | None, otherwise: PublishedVersion
) -> PublishedVersion:
    if text is None:
        return otherwise
    is_id = text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS
    for version in versions:
        if is_id and version.pk == int(text):
            return version
    raise Http404("This version does not exist or is hidden.")


def get_history(
    page: PolicyUpdatePage, versions: list[PublishedVersion]
) -> list[HistoryItem]:
    """Return all public publications, newest first."""
    notes = {note.revision_id: note for note in page.change_notes.all()}
    entries, revisions = [], {None}
    # A revision may be published twice; its note belongs to the first time.
    for version, before in reversed([*zip_longest(versions, versions[1:])]):
        note = notes.pop(version.revision_id, None)
        if note:
            text = note.note
        elif version.published_at == page.first_published_at:
            text = FIRST
        else:
            text = AGAIN if version.revision_id in revisions else MINOR
        revisions.add(version.revision_id)
        entries.append(HistoryItem(version.published_at, text, version, before))
    entries += [HistoryItem(note.published_at, note.note) for note in notes.values()]
    first = page.first_published_at
    if first and not any(entry.at <= first for entry in entries):
        entries.append(HistoryItem(first, FIRST))
    entries.sort(key=_order, reverse=True)
    for entry, name in zip(
        entries, unique_datetime_labels([entry.at for entry in entries]), strict=True
    ):
        entry.name = name
        if entry.version:
            entry.version.name = name
    return entries


def _order(entry: HistoryItem) -> tuple[datetime, int]:
    return entry.at, entry.version.pk if entry.version else 0


def name_versions(versions: list[PublishedVersion]) -> None:
    """Set a unique `name` on each version; newest first."""
    names = unique_datetime_labels([version.published_at for version in versions])
    for version, name in zip(versions, names, strict=True):
        version.name = name


def get_parts(
    earlier: PublishedVersion, later: PublishedVersion, now: datetime
) -> list[ComparedPart]:
    before, after = get_lines([earlier, later], now)
    return [
        ComparedPart(heading, diff_texts(before[name], after[name]))
        for name, heading in HEADINGS.items()
        if before[name] or after[name]
    ]
