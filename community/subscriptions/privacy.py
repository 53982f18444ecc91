"""How the pages behind our links keep them secret."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from community.subscriptions.links import LinkOverError

HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # Nobody is told what stands after the host, not even we; browsers without
    # `Sec-Fetch-Site` still say whose form it is, as they do not under `no-referrer`.
    "Referrer-Policy": "strict-origin",
}


def behind_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view that reads a link: kept by nobody, and friendly where it is over."""

    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except LinkOverError:
            response = render(request, "community/link_over.html", status=404)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return wrapped
