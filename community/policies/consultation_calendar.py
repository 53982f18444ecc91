"""The dates of a consultation as iCalendar (R9)."""

from datetime import datetime
from uuid import uuid5

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from community.models import PolicyUpdatePage
from home.content.text import without_control_characters
from home.content_version.caching import mark_cacheable
from home.page_tree.addresses import public_path, site_origin, site_root
from home.pages import visible_pages

CALENDAR_NAME = "consultation.ics"
PRODUCT = "-//Stockton CMS//Consultations//EN"


@require_safe
def consultation_calendar(request: HttpRequest, policy_path: str) -> HttpResponse:
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    policies = PolicyUpdatePage.objects.filter(pk__in=visible_pages(timezone.now()))
    page = get_object_or_404(
        policies.exclude(consultation_closes_at=None).exclude(
            consultation_opens_at=None
        ),
        url_path=f"{root.url_path}{policy_path}/",
    )
    address = site_origin(request) + public_path(page.url_path, root)
    response = HttpResponse(
        get_calendar(page, address), content_type="text/calendar; charset=utf-8"
    )
    return mark_cacheable(response)


def get_calendar(page: PolicyUpdatePage, address: str) -> bytes:
    """Return both dates of a consultation; the ids stay the same if they move."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    title = without_control_characters(page.title)
    purpose = without_control_characters(page.consultation_purpose)
    description = f"{purpose}\n\n{address}".strip()
    for name, label, at in (
        ("opens", "Consultation opens", page.consultation_opens_at),
        ("closes", "Last chance to respond", page.consultation_closes_at),
    ):
        calendar.add_component(_event(page, name, f"{label}: {title}", at))
        calendar.subcomponents[-1].add("url", address)
        calendar.subcomponents[-1].add("description", description)
    return calendar.to_ical()


def _event(page: PolicyUpdatePage, name: str, summary: str, at: datetime) -> Event:
    changed_at = page.last_published_at or page.latest_revision_created_at or at
    event = Event()
    event.add("uid", uuid5(page.translation_key, name).urn)
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("summary", summary)
    # In UTC, which every calendar shows in the time of its owner; it takes no time.
    event.add("dtstart", at)
    event.add("transp", "TRANSPARENT")
    return event
