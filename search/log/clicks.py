"""Logs which result was clicked: a parameter in the link, removed on arrival."""

import re
from collections.abc import Callable

from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import add_never_cache_headers
from django.utils.http import escape_leading_slashes

from search.log.models import log_click, logger

PARAMETER = "found"
MARK = re.compile(r"([-\w]{12})\.(\d{1,4})", re.ASCII)


class ClickMiddleware:
    """Logs that a result was clicked, and redirects to its address without the mark.

    The address to go to is the one that was asked for, so this is no open redirect.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or PARAMETER not in request.GET:
            return self.get_response(request)
        mark = MARK.fullmatch(request.GET[PARAMETER])
        # A browser that prefetches a page has not opened it.
        is_opened = "prefetch" not in request.headers.get("Sec-Purpose", "")
        if mark and is_opened and request.method == "GET":
            try:
                log_click(mark[1], int(mark[2]))
            except Error:
                logger.exception("A clicked result could not be logged.")
        response = HttpResponseRedirect(strip_click_parameter(request))
        add_never_cache_headers(response)
        return response


def strip_click_parameter(request: HttpRequest) -> str:
    """Return the requested path, always as a path of this site."""
    # `//example.org/` would be another site's address.
    path = escape_leading_slashes(request.get_full_path().partition("?")[0])
    parameters = request.GET.copy()
    del parameters[PARAMETER]
    return f"{path}?{parameters.urlencode()}" if parameters else path
