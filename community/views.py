"""Views: dismissing an alert, the A to Z of a section, the list of policy updates."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from community.a_to_z import get_a_to_z
from community.alerts.visibility import (
    COOKIE_NAME,
    COOKIE_SECONDS,
    COOKIE_SEPARATOR,
    MAX_REMEMBERED,
    dismissed_alert_keys,
)
from community.models import AlertSnippet, CommunityIndexPage
from community.policies.feeds import policy_feed_link
from community.policies.listing import get_listing
from home.content_version.caching import mark_cacheable
from home.page_tree.addresses import page_number, site_origin, site_root
from home.pages import visible_pages


@never_cache
@require_POST
def dismiss_alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Store the dismissed alert in the visitor's cookie and redirect back.

    The cookie holds only the ids of alerts and is the only one that a visitor gets.
    """
    now = timezone.now()
    alert = get_object_or_404(AlertSnippet.objects.current(at=now), pk=alert_id)
    shown = alert.as_visible_alert()
    if not shown.can_be_dismissed:
        return HttpResponseRedirect("/")
    response = HttpResponseRedirect(_path_back(request))
    others = [
        key for key in dismissed_alert_keys(request) if key != shown.dismissal_key
    ]
    keys = [*others, shown.dismissal_key][-MAX_REMEMBERED:]
    response.set_cookie(
        COOKIE_NAME,
        COOKIE_SEPARATOR.join(keys),
        max_age=COOKIE_SECONDS,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def _path_back(request: HttpRequest) -> str:
    path = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours and path.startswith("/") else "/"


@require_safe
def a_to_z(request: HttpRequest, section_path: str) -> HttpResponse:
    """List every page of a section by the first letter of its title (R2)."""
    root = site_root(request)
    number = page_number(request.GET.get("page", "1"))
    if root is None:
        raise Http404("There is no site yet.")
    now = timezone.now()
    sections = CommunityIndexPage.objects.filter(pk__in=visible_pages(now))
    section = get_object_or_404(sections, url_path=f"{root.url_path}{section_path}/")
    listing = get_a_to_z(section, root, number, now)
    if listing is None:
        raise Http404("There is no such page of the list.")
    query = f"?page={number}" if listing.number > 1 else ""
    canonical = f"{site_origin(request)}{request.path}{query}"
    context = {"page": section, "listing": listing, "canonical": canonical}
    return mark_cacheable(render(request, "community/a_to_z.html", context))


@require_safe
def policy_updates(request: HttpRequest) -> HttpResponse:
    """List all policies and consultations (P4)."""
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    listing = get_listing(request, root, timezone.now())
    if listing is None:
        raise Http404("There is no such page of the list.")
    canonical = site_origin(request) + request.path
    context = {"page": root, "listing": listing, "canonical": canonical}
    context |= {"subscribe_url": reverse("subscribe"), "feeds": [policy_feed_link()]}
    response = render(request, "community/policy_updates.html", context)
    return mark_cacheable(response) if listing.is_cacheable else response
