"""The search page, its JSON, and suggestions as you type."""

import logging
from html import unescape
from urllib.parse import urlencode, urljoin

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.html import strip_tags
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from home.navigation.menus import Link
from home.page_tree.addresses import site_origin, site_root
from search.engine.request import SearchRequest
from search.engine.results import Result, ResultPage, get_results
from search.engine.suggestions import get_suggestions
from search.feedback.enquiries.forms import EnquiryForm
from search.log.models import LoggedResponse, LoggedSearch
from search.tokens import clean_query

logger = logging.getLogger(__name__)

HTML, JSON = "text/html", "application/json"


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the results for `?query=`, ten at a time, as HTML or JSON.

    Raises:
        Http404: for a wrong `?page=`, or if there is no site yet.

    """
    asked = SearchRequest.from_address(request.GET)
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    found = get_results(asked, root, timezone.now())
    if asked.page > found.last_number:
        raise Http404("There is no such page of results.")
    if request.get_preferred_type([HTML, JSON]) == JSON:
        response = JsonResponse(as_json(found, site_origin(request)))
    else:
        response = _page(request, found)
    patch_vary_headers(response, ["Accept"])
    return response


def _page(request: HttpRequest, found: ResultPage) -> HttpResponse:
    asked = found.asked
    entry = LoggedSearch(
        query=asked.query,
        corrected=found.corrected,
        filters=urlencode(asked.filters),
        page_number=asked.page,
        result_count=found.count,
    )
    is_logged = bool(asked.query) and request.method == "GET" and not found.is_degraded
    context = {
        "asked": asked,
        "query": asked.query,
        "found": found,
        "canonical": f"{site_origin(request)}{request.path}",
        "search_key": entry.key if is_logged else "",
        "instead_href": asked.href(exact=True, page=1),
        "all_href": asked.href(kind="", section="", period="", page=1),
        "is_filtered": bool(asked.filters) or asked.newest_first,
        "before": urlencode(asked.parameters) + "&",
        "sort": [
            Link(
                "Most relevant", asked.href(newest_first=False), not asked.newest_first
            ),
            Link("Newest first", asked.href(newest_first=True), asked.newest_first),
        ],
        **({} if found.is_answered else _enquiry_context(request, asked.query)),
    }
    content = render_to_string("search/search.html", context, request)
    response = (
        LoggedResponse(content, entry, request) if is_logged else HttpResponse(content)
    )
    if not found.is_answered:
        # It contains the form, with the time at which it was rendered.
        add_never_cache_headers(response)
    return response


def _enquiry_context(request: HttpRequest, query: str) -> dict:
    initial = {
        "query": query,
        "from_path": request.path,
        "message": f"I searched for: {query}\n",
    }
    return {
        "form": EnquiryForm(initial=initial),
    }


def as_json(found: ResultPage, origin: str) -> dict:
    """Return results as JSON, with absolute URLs and ISO 8601 times."""
    return {
        "query": found.query,
        "corrected": found.corrected,
        "degraded": found.is_degraded,
        "count": found.count,
        "page": found.asked.page,
        "pages": found.last_number,
        "filters": {
            facet.label.lower(): [
                {
                    "label": choice.label,
                    "count": choice.count,
                    "selected": choice.is_current,
                    "url": f"{origin}{reverse('search')}{choice.href}",
                }
                for choice in facet.choices
            ]
            for facet in found.facets
        },
        "promoted": [
            {
                "title": promoted.title,
                "url": urljoin(origin, promoted.href),
                "description": promoted.description,
            }
            for promoted in found.promoted
        ],
        "results": [_result_as_json(result, origin) for result in found.results],
        "related": [_result_as_json(result, origin) for result in found.related],
        "closest": [_result_as_json(result, origin) for result in found.closest],
    }


def _result_as_json(result: Result, origin: str) -> dict:
    return {
        "title": result.title,
        "url": urljoin(origin, result.href),
        "type": result.kind,
        "section": result.section,
        "page": urljoin(origin, result.page_href) if result.page_href else None,
        "updated": result.updated_at,
        "extract": unescape(strip_tags(result.extract)),
    }


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
