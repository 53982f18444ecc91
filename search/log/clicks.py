"""Which result was opened: a mark in the link's own address, taken off on arrival."""

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
    """Notes that a result was opened, and redirects to its address without the mark.

    The address to go to is the one that was asked for, so nobody can be sent elsewhere.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a marked address with a redirect, any other as ever."""
        if request.method not in {"GET", "HEAD"} or PARAMETER not in request.GET:
            return self.get_response(request)
        mark = MARK.fullmatch(request.GET[PARAMETER])
        # A browser that fetches a page in case it is wanted has not opened it.
        is_opened = "prefetch" not in request.headers.get("Sec-Purpose", "")
        if mark and is_opened and request.method == "GET":
            try:
                log_click(mark[1], int(mark[2]))
            except Error:
                logger.exception("An opened result could not be noted.")
        response = HttpResponseRedirect(_without_mark(request))
        add_never_cache_headers(response)
        return response


def _without_mark(request: HttpRequest) -> str:
    """Return the path that was asked for, on this site whatever it looks like."""
    # `//example.org/` would be another site's address.
    path = escape_leading_slashes(request.get_full_path().partition("?")[0])
    parameters = request.GET.copy()
    del parameters[PARAMETER]
    return f"{path}?{parameters.urlencode()}" if parameters else path
