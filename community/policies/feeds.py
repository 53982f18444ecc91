"""Atom feeds (RFC 4287) of changes: one per section, one for all policies (R5).

An entry is a change note, or the first publication of a page.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid5

from django.contrib.syndication.views import Feed
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.views.decorators.http import require_safe
from wagtail.models import Page
from wagtail.query import PageQuerySet

from community.models import CommunityIndexPage, PolicyUpdatePage
from home.content.text import without_control_characters
from home.content_version.caching import mark_cacheable
from home.models import HomePage
from home.navigation.context_processors import council
from home.navigation.listings import change_notes_for
from home.navigation.menus import Link
from home.page_tree.addresses import descendants_of, public_path, site_origin, site_root
from home.pages import visible_pages

MAX_ENTRIES = 50
POLICY_UPDATES = "Policy updates"
FIRST_PUBLISHED = "Published for the first time."


@dataclass(frozen=True)
class FeedEntry:
    """One change; its URN stays the same wherever the site or the page moves."""

    urn: str
    title: str
    url_path: str
    text: str
    at: datetime


def get_feed_entries(pages: PageQuerySet) -> list[FeedEntry]:
    """Return the latest changes to some pages, newest first, in two queries."""
    changes = _changes(pages)
    # A change note on the first publication says more than that it was the first.
    noted = {(entry.url_path, entry.at) for entry in changes}
    new = [
        each for each in _publications(pages) if (each.url_path, each.at) not in noted
    ]
    newest_first = sorted([*changes, *new], key=lambda entry: entry.at, reverse=True)
    return newest_first[:MAX_ENTRIES]


def _publications(pages: PageQuerySet) -> list[FeedEntry]:
    newest = pages.exclude(first_published_at=None).order_by("-first_published_at")
    return [
        FeedEntry(
            urn=uuid5(page.translation_key, "published").urn,
            title=page.title,
            url_path=page.url_path,
            text=FIRST_PUBLISHED,
            at=page.first_published_at,
        )
        for page in newest.only(
            "title", "url_path", "translation_key", "first_published_at"
        )[:MAX_ENTRIES]
    ]


def _changes(pages: PageQuerySet) -> list[FeedEntry]:
    notes = change_notes_for(pages, is_most_of_site=False).select_related("page")
    return [
        FeedEntry(
            urn=uuid5(note.page.translation_key, f"change/{note.pk}").urn,
            title=note.page.title,
            url_path=note.page.url_path,
            text=note.note,
            at=note.published_at,
        )
        for note in notes[:MAX_ENTRIES]
    ]


@dataclass(frozen=True)
class FeedSubject:
    title: str
    subtitle: str
    path: str
    feed_path: str
    urn: str
    pages: PageQuerySet


class UpdatesFeed(Feed):
    feed_type = Atom1Feed

    def __init__(self, request: HttpRequest, subject: FeedSubject):
        self._origin, self._root = site_origin(request), site_root(request)
        council_name = council(request)["council"].council_name
        self._council = without_control_characters(council_name)
        self._subject = subject

    def title(self):
        return f"{without_control_characters(self._subject.title)} – {self._council}"

    def subtitle(self):
        return without_control_characters(self._subject.subtitle)

    def link(self):
        return self._origin + self._subject.path

    def feed_url(self):
        return self._origin + self._subject.feed_path

    def feed_guid(self):
        return self._subject.urn

    def author_name(self):
        return self._council

    def items(self):
        return get_feed_entries(self._subject.pages)

    def item_title(self, item):
        return without_control_characters(item.title)

    def item_description(self, item):
        return escape(without_control_characters(item.text))

    def item_link(self, item):
        return self._origin + public_path(item.url_path, self._root)

    def item_guid(self, item):
        return item.urn

    def item_pubdate(self, item):
        return timezone.localtime(item.at)

    item_updateddate = item_pubdate


def get_feeds(page: Page | None, root: Page | None) -> list[Link]:
    """Return the feeds about a page, without a query.

    A section has its own; policies and the home page have that of all policies.
    """
    # A page that is seen before it is saved has no place yet.
    if page is None or root is None or not page.url_path:
        return []
    if isinstance(page, CommunityIndexPage):
        path = public_path(page.url_path, root)
        return [Link(f"Updates of {page.title}", f"{path}updates.atom")]
    if isinstance(page, PolicyUpdatePage | HomePage):
        return [policy_feed_link()]
    return []


def policy_feed_link() -> Link:
    return Link(POLICY_UPDATES, reverse("policy_feed"))


@require_safe
def section_feed(request: HttpRequest, section_path: str) -> HttpResponse:
    root, now = _root_or_404(request), timezone.now()
    sections = CommunityIndexPage.objects.filter(pk__in=visible_pages(now))
    section = get_object_or_404(sections, url_path=f"{root.url_path}{section_path}/")
    subject = FeedSubject(
        title=section.title,
        subtitle=f"What is new and what has changed in {section.title}.",
        path=public_path(section.url_path, root),
        feed_path=request.path,
        urn=uuid5(section.translation_key, "updates").urn,
        pages=visible_pages(now).filter(
            descendants_of(section.path) | Q(pk=section.pk)
        ),
    )
    return _feed_response(request, subject)


@require_safe
def policy_feed(request: HttpRequest) -> HttpResponse:
    root, now = _root_or_404(request), timezone.now()
    below = visible_pages(now).filter(descendants_of(root.path))
    subject = FeedSubject(
        title=POLICY_UPDATES,
        subtitle="What is new and what has changed in policies and consultations.",
        path="/",
        feed_path=reverse("policy_feed"),
        urn=uuid5(root.translation_key, "policies").urn,
        pages=below.type(PolicyUpdatePage),
    )
    return _feed_response(request, subject)


def _root_or_404(request: HttpRequest) -> Page:
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    return root


def _feed_response(request: HttpRequest, subject: FeedSubject) -> HttpResponse:
    return mark_cacheable(UpdatesFeed(request, subject)(request))
