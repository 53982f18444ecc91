"""Atom feeds (RFC 4287) of changes: one per section, one for all policies (R5).

An entry is a change note, or the first publication of a page.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import uuid5

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.views.decorators.http import require_safe
from wagtail.models import Page
from wagtail.query import PageQuerySet

from community.models import CommunityIndexPage, PolicyUpdatePage
from home.caching import mark_cacheable
from home.content.text import without_control_characters
from home.models import HomePage
from home.navigation import Link, change_notes_for, council
from home.page_tree.addresses import descendants_of, public_path, site_origin, site_root
from home.pages import get_visible_page_or_404, visible_pages

MAX_ENTRIES = 50
POLICY_UPDATES = "Policy updates"
FIRST_PUBLISHED = "Published for the first time."


class FeedEntry(NamedTuple):
    page: Page
    # Unique among those of the page.
    name: str
    text: str
    at: datetime


def get_feed_entries(pages: PageQuerySet) -> list[FeedEntry]:
    """Return the latest changes to some pages, newest first, in two queries."""
    notes = change_notes_for(pages, is_most_of_site=False).select_related("page")
    changes = [
        FeedEntry(note.page, f"change/{note.pk}", note.note, note.published_at)
        for note in notes[:MAX_ENTRIES]
    ]
    # A change note on the first publication says more than that it was the first.
    noted = {(entry.page, entry.at) for entry in changes}
    newest = pages.exclude(first_published_at=None).order_by("-first_published_at")
    publications = [
        FeedEntry(page, "published", FIRST_PUBLISHED, page.first_published_at)
        for page in newest[:MAX_ENTRIES]
        if (page, page.first_published_at) not in noted
    ]
    newest_first = sorted(
        [*changes, *publications], key=lambda entry: entry.at, reverse=True
    )
    return newest_first[:MAX_ENTRIES]


@require_safe
def section_feed(request: HttpRequest, section_path: str) -> HttpResponse:
    section = get_visible_page_or_404(request, CommunityIndexPage, section_path)
    at_or_below = descendants_of(section.path) | Q(pk=section.pk)
    return _feed_response(
        request,
        title=section.title,
        subtitle=f"What is new and what has changed in {section.title}.",
        link=section.full_url,
        urn=uuid5(section.translation_key, "updates").urn,
        pages=visible_pages(timezone.now()).filter(at_or_below),
    )


@require_safe
def policy_feed(request: HttpRequest) -> HttpResponse:
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    below = visible_pages(timezone.now()).filter(descendants_of(root.path))
    return _feed_response(
        request,
        title=POLICY_UPDATES,
        subtitle="What is new and what has changed in policies and consultations.",
        link=f"{site_origin(request)}/",
        urn=uuid5(root.translation_key, "policies").urn,
        pages=below.type(PolicyUpdatePage),
    )


def _feed_response(
    request: HttpRequest,
    title: str,
    subtitle: str,
    link: str,
    urn: str,
    pages: PageQuerySet,
) -> HttpResponse:
    """Return a feed, with ids that stay wherever the site or a page moves."""
    author = without_control_characters(council(request)["council"].council_name)
    feed = Atom1Feed(
        title=f"{without_control_characters(title)} – {author}",
        subtitle=without_control_characters(subtitle),
        description=None,
        link=link,
        feed_url=site_origin(request) + request.path,
        feed_guid=urn,
        author_name=author,
        language="en-gb",
    )
    for entry in get_feed_entries(pages):
        feed.add_item(
            title=without_control_characters(entry.page.title),
            description=escape(without_control_characters(entry.text)),
            link=entry.page.full_url,
            unique_id=uuid5(entry.page.translation_key, entry.name).urn,
            pubdate=entry.at,
            updateddate=entry.at,
        )
    content = feed.writeString("utf-8")
    return mark_cacheable(HttpResponse(content, content_type=feed.content_type))


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
    is_about_policies = isinstance(page, PolicyUpdatePage | HomePage)
    return [policy_feed_link()] if is_about_policies else []


def policy_feed_link() -> Link:
    return Link(POLICY_UPDATES, reverse("policy_feed"))
