"""The search page, and suggestions as you type."""

import logging
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from home.navigation import Link
from home.page_tree.addresses import site_origin, site_root
from search.engine.filters import SearchRequest
from search.engine.results import get_results, get_suggestions
from search.feedback.forms import EnquiryForm
from search.log.models import LoggedResponse, LoggedSearch
from search.tokens import clean_query

logger = logging.getLogger(__name__)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    asked = SearchRequest.from_address(request.GET)
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    found = get_results(asked, root, timezone.now())
    if asked.page > found.last_number:
        raise Http404("There is no such page of results.")
    asked = found.asked
    entry = LoggedSearch(
        query=asked.query,
        corrected=found.corrected,
        filters=urlencode(asked.filters),
        page_number=asked.page,
        result_count=found.count,
    )
    is_asked = bool(asked.query) and not found.needs_word
    is_logged = is_asked and request.method == "GET" and not found.is_degraded
    by_relevance, newest = (asked.href(newest_first=each) for each in (False, True))
    context = {
        "asked": asked,
        "query": asked.query,
        "found": found,
        "canonical": f"{site_origin(request)}{request.path}",
        "search_key": entry.key if is_logged else "",
        "instead_href": asked.href(exact=True),
        "all_href": asked.href(kind="", section="", period=""),
        "is_filtered": bool(asked.filters) or asked.newest_first,
        "before": urlencode(asked.parameters) + "&",
        "sort": [
            Link("Most relevant", by_relevance, not asked.newest_first),
            Link("Newest first", newest, asked.newest_first),
        ]
        if found.can_be_sorted or (asked.newest_first and not found.is_degraded)
        else [],
    }
    if not found.is_answered:
        initial = {"query": asked.query, "from_path": request.path}
        context["form"] = EnquiryForm(initial=initial)
    content = render_to_string("search/search.html", context, request)
    response = (
        LoggedResponse(content, entry, request) if is_logged else HttpResponse(content)
    )
    if not found.is_answered:
        # It contains the form, with the time at which it was rendered.
        add_never_cache_headers(response)
    return response


@never_cache
@require_safe
def suggestions(request: HttpRequest) -> JsonResponse:
    root = site_root(request)
    typed = clean_query(request.GET.get("query", ""))
    try:
        found = get_suggestions(typed, root, timezone.now()) if root else []
    except Exception:
        logger.exception("Suggestions are unavailable.")
        found = []
    return JsonResponse({"suggestions": found})
