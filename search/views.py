"""The search page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from home.addresses import page_number, site_origin, site_root
from search.query import clean_query
from search.results import LAST_PAGE, get_results


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the pages that answer `?query=`, ten at a time; 404 for a wrong `?page=`."""
    query = clean_query(request.GET.get("query", ""))
    number = page_number(request.GET.get("page", "1"), most=LAST_PAGE)
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    found = get_results(query, number, root, timezone.now())
    if number > found.last_number:
        raise Http404("There is no such page of results.")
    canonical = f"{site_origin(request)}{request.path}"
    context = {"query": query, "found": found, "canonical": canonical}
    return render(request, "search/search.html", context)
