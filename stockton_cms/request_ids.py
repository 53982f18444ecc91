"""Whose request ids are believed: those of our own proxy, in the form it uses."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# As nginx's `$request_id`, or a UUID (RFC 9562).
REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HEADER = "HTTP_X_REQUEST_ID"


class RequestIdMiddleware:
    """Drops every other `X-Request-ID`, before django-guid gives the request one.

    Anything else would stand in the log and in the answer, as a visitor wrote it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response of a request whose id, if it has one, may be believed."""
        said = request.META.get(HEADER)
        is_ours = settings.BEHIND_TLS_PROXY and said and REQUEST_ID.fullmatch(said)
        if said is not None and not is_ours:
            del request.META[HEADER]
        return self.get_response(request)
