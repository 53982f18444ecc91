"""Views: dismissing an alert, the A to Z of a section."""

from itertools import accumulate
from math import ceil
from string import ascii_uppercase

from django.conf import settings
from django.db.models import Case, Count, Value, When
from django.db.models.functions import Lower, Substr, Upper
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from community.alerts.visibility import (
    COOKIE_NAME,
    COOKIE_SECONDS,
    COOKIE_SEPARATOR,
    MAX_REMEMBERED,
    dismissed_alert_keys,
)
from community.models import AlertSnippet, CommunityIndexPage
from home.caching import mark_cacheable
from home.page_tree.addresses import (
    descendants_of,
    page_number,
    public_path,
    site_origin,
    site_root,
)
from home.pages import get_visible_page_or_404, visible_pages

A_TO_Z_PER_PAGE = 200


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
    """List every page of a section by the first letter of its title (R2).

    Titles that start with none come first, under an empty letter.
    """
    number = page_number(request.GET.get("page", "1"))
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
    if number > last_number:
        raise Http404("There is no such page of the list.")
    rows = pages.order_by("letter", Lower("title"), "pk").values(
        "letter", "title", "url_path"
    )[(number - 1) * A_TO_Z_PER_PAGE : number * A_TO_Z_PER_PAGE]
    context = {
        "page": section,
        "links": [{**row, "href": public_path(row["url_path"], root)} for row in rows],
        "letters": _letters(counts),
        "number": number,
        "last_number": last_number,
        "canonical": site_origin(request)
        + request.path
        + (f"?page={number}" if number > 1 else ""),
    }
    return mark_cacheable(render(request, "community/a_to_z.html", context))


def _letters(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return each letter with the page of the list on which it starts, or 0."""
    starts = dict(zip(counts, accumulate(counts.values(), initial=0), strict=False))
    return [
        (letter, starts[letter] // A_TO_Z_PER_PAGE + 1 if letter in counts else 0)
        for letter in ("", *ascii_uppercase)
        if letter or letter in counts
    ]
