"""What sections and policies publish besides their pages: lists, feeds, calendars."""

from collections import Counter
from datetime import datetime
from itertools import accumulate
from math import ceil
from operator import attrgetter
from string import ascii_uppercase
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import uuid5

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import ExtractYear, Lower, Substr, Upper
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event
from wagtail.models import Page
from wagtail.query import PageQuerySet

from community.models import CommunityIndexPage, PolicyUpdatePage
from community.models.policies import PolicyKind, PolicyStatus
from home.caching import mark_cacheable
from home.content.text import without_control_characters
from home.content_version import cache_per_content_version
from home.models import HomePage
from home.navigation import (
    Facet,
    FacetOption,
    Link,
    change_notes_for,
    council,
    get_cards,
)
from home.page_tree.addresses import (
    descendants_of,
    page_number,
    parent_path,
    public_path,
    site_origin,
    site_root,
)
from home.pages import get_visible_page_or_404, visible_pages

A_TO_Z_PER_PAGE = 200
POLICIES_PER_PAGE = 30
FILTERS = {
    "kind": ("Kind", "Any kind"),
    "status": ("Status", "Any status"),
    "topic": ("Topic", "Any topic"),
    "year": ("Updated in", "Any year"),
}
MAX_ENTRIES = 50
POLICY_UPDATES = "Policy updates"
FIRST_PUBLISHED = "Published for the first time."
CALENDAR_NAME = "consultation.ics"


@require_safe
def a_to_z(request: HttpRequest, section_path: str) -> HttpResponse:
    """List every page of a section by the first letter of its title (R2).

    Titles that start with none come first, under an empty letter.
    """
    section = get_visible_page_or_404(request, CommunityIndexPage, section_path)
    root = site_root(request)
    first = Upper(Substr("title", 1, 1))
    is_letter = When(first__in=list(ascii_uppercase), then="first")
    below = visible_pages(timezone.now()).filter(descendants_of(section.path))
    pages = below.annotate(first=first).annotate(
        letter=Case(is_letter, default=Value(""))
    )
    by_letter = pages.order_by("letter").values_list("letter")
    counts = dict(by_letter.annotate(Count("pk")))
    last_number = ceil(sum(counts.values()) / A_TO_Z_PER_PAGE)
    number = page_number(request.GET.get("page", "1"), last_number)
    rows = pages.order_by("letter", Lower("title"), "pk").values(
        "letter", "title", "url_path"
    )[(number - 1) * A_TO_Z_PER_PAGE : number * A_TO_Z_PER_PAGE]
    starts = dict(zip(counts, accumulate(counts.values(), initial=0), strict=False))
    query = f"?page={number}" if number > 1 else ""
    context = {
        "page": section,
        "links": [{**row, "href": public_path(row["url_path"], root)} for row in rows],
        # Each with the page of the list on which it starts, or 0.
        "letters": [
            (letter, starts[letter] // A_TO_Z_PER_PAGE + 1 if letter in counts else 0)
            for letter in ("", *ascii_uppercase)
            if letter or letter in counts
        ],
        "number": number,
        "last_number": last_number,
        "canonical": f"{site_origin(request)}{request.path}{query}",
    }
    return mark_cacheable(render(request, "community/a_to_z.html", context))


@require_safe
def policy_updates(request: HttpRequest) -> HttpResponse:
    """List policies, open consultations first, then the newest, with filters (P4).

    Filters are query parameters; unknown values are ignored.
    """
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    rows, topics = _read_policies(root.path)
    years = sorted({row["year"] for row in rows}, reverse=True)
    labels = {
        "kind": dict(PolicyKind.choices),
        "status": dict(PolicyStatus.choices),
        "topic": dict(sorted(topics.items(), key=lambda topic: topic[1])),
        "year": {year: year for year in years},
    }
    asked = {
        name: value
        for name in FILTERS
        if (value := request.GET.get(name)) and value in labels[name]
    }
    found = [row["pk"] for row in rows if asked.items() <= row.items()]
    paginator = Paginator(found, POLICIES_PER_PAGE)
    number = page_number(request.GET.get("page", "1"), paginator.num_pages)
    policies = paginator.page(number)
    pages = Page.objects.filter(pk__in=policies.object_list)
    cards = {card.pk: card for card in get_cards(pages, root, timezone.now())}
    context = {
        "page": root,
        "canonical": site_origin(request) + request.path,
        "subscribe_url": reverse("subscribe"),
        "feeds": [policy_feed_link()],
        "policies": policies,
        "cards": [cards[pk] for pk in policies if pk in cards],
        "facets": _get_facets(rows, asked, labels),
        "is_filtered": bool(asked),
        # The query string before the page number.
        "before": f"{urlencode(asked)}&" if asked else "",
    }
    response = render(request, "community/policy_updates.html", context)
    return mark_cacheable(response) if is_cacheable(request, asked, found) else response


def is_cacheable(request: HttpRequest, asked: dict[str, str], found: list[int]) -> bool:
    """Say whether all filters are real: anyone can make up others to fill the cache."""
    return bool(found) and asked.keys() == FILTERS.keys() & request.GET


@cache_per_content_version
def _read_policies(root_path: str) -> tuple[list[dict], dict[str, str]]:
    """Return the filter values of all policies in order, and titles by topic slug."""
    at = timezone.now()
    visible = visible_pages(at).filter(descendants_of(root_path))
    policies = PolicyUpdatePage.objects.filter(pk__in=visible).with_status(at)
    rows = policies.order_by(
        # Null for a page that was never published in the admin, as an imported one.
        F("last_published_at").desc(nulls_last=True)
    ).values("pk", "kind", "status", "path", year=ExtractYear("last_published_at"))
    rows = sorted(rows, key=lambda row: row["status"] != PolicyStatus.CONSULTATION_OPEN)
    paths = {parent_path(row["path"]) for row in rows}
    sections = visible.filter(path__in=paths).values_list("path", "slug", "title")
    slugs = {path: slug for path, slug, _ in sections}
    for row in rows:
        row["topic"] = slugs.get(parent_path(row["path"]), "")
        row["year"] = str(row["year"] or "")
    return rows, {slug: title for _, slug, title in sections}


def _get_facets(rows, asked, labels) -> list[Facet]:
    """Return the filters; options are counted under all the other filters."""
    facets = []
    for name, names in FILTERS.items():
        others = {key: value for key, value in asked.items() if key != name}
        counts = Counter(row[name] for row in rows if others.items() <= row.items())
        current = asked.get(name, "")
        choices = [
            FacetOption(
                label=label,
                href=f"?{urlencode(others | {name: key})}",
                count=counts[key],
                is_current=key == current,
            )
            for key, label in labels[name].items()
            if key and (counts[key] or key == current)
        ]
        if current or len(choices) > 1:
            clear_href = f"?{urlencode(others)}" if current else ""
            facets.append(Facet(*names, choices, clear_href))
    return facets


class FeedEntry(NamedTuple):
    page: Page
    # Unique among those of the page.
    name: str
    text: str
    at: datetime


def get_feed_entries(pages: PageQuerySet) -> list[FeedEntry]:
    """Return the latest changes to some pages, newest first, in two queries."""
    notes = change_notes_for(pages, is_most_of_site=False).select_related("page")
    entries = [
        FeedEntry(note.page, f"change/{note.pk}", note.note, note.published_at)
        for note in notes[:MAX_ENTRIES]
    ]
    # A change note on the first publication says more than that it was the first.
    noted = {(entry.page, entry.at) for entry in entries}
    newest = pages.exclude(first_published_at=None).order_by("-first_published_at")
    entries += [
        FeedEntry(page, "published", FIRST_PUBLISHED, page.first_published_at)
        for page in newest[:MAX_ENTRIES]
        if (page, page.first_published_at) not in noted
    ]
    return sorted(entries, key=attrgetter("at"), reverse=True)[:MAX_ENTRIES]


@require_safe
def section_feed(request: HttpRequest, section_path: str) -> HttpResponse:
    section = get_visible_page_or_404(request, CommunityIndexPage, section_path)
    at_or_below = descendants_of(section.path) | Q(pk=section.pk)
    pages = visible_pages(timezone.now()).filter(at_or_below)
    urn = uuid5(section.translation_key, "updates").urn
    return _feed_response(request, section.title, section.full_url, urn, pages)


@require_safe
def policy_feed(request: HttpRequest) -> HttpResponse:
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    below = visible_pages(timezone.now()).filter(descendants_of(root.path))
    link, urn = f"{site_origin(request)}/", uuid5(root.translation_key, "policies").urn
    pages = below.type(PolicyUpdatePage)
    return _feed_response(request, POLICY_UPDATES, link, urn, pages)


def _feed_response(request, title, link, urn, pages) -> HttpResponse:
    """Return an Atom feed (RFC 4287), whose ids stay where the site or a page moves."""
    author = without_control_characters(council(request)["council"].council_name)
    feed = Atom1Feed(
        title=f"{without_control_characters(title)} – {author}",
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
    """Return the feeds about a page, without a query."""
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


@require_safe
def consultation_calendar(request: HttpRequest, policy_path: str) -> HttpResponse:
    """Return both dates of a consultation (R9); the ids stay the same if they move."""
    page = get_visible_page_or_404(request, PolicyUpdatePage, policy_path)
    dates = {
        "opens": ("Consultation opens", page.consultation_opens_at),
        "closes": ("Last chance to respond", page.consultation_closes_at),
    }
    if not all(at for _, at in dates.values()):
        raise Http404("This policy has no consultation.")
    title = without_control_characters(page.title)
    purpose = without_control_characters(page.consultation_purpose)
    calendar = Calendar()
    calendar.add("prodid", "-//Stockton CMS//Consultations//EN")
    calendar.add("version", "2.0")
    for name, (label, at) in dates.items():
        event = Event()
        event.add("uid", uuid5(page.translation_key, name).urn)
        for stamp in ("dtstamp", "last-modified"):
            event.add(stamp, page.last_published_at or at)
        event.add("summary", f"{label}: {title}")
        # In UTC, which every calendar shows in the time of its owner; it takes no time.
        event.add("dtstart", at)
        event.add("transp", "TRANSPARENT")
        event.add("url", page.full_url)
        event.add("description", f"{purpose}\n\n{page.full_url}".strip())
        calendar.add_component(event)
    content_type = "text/calendar; charset=utf-8"
    return mark_cacheable(HttpResponse(calendar.to_ical(), content_type=content_type))
