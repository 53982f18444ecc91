"""Cross-site request forgery protection that needs no cookie from residents."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware


def is_same_origin(request: HttpRequest) -> bool:
    """Say whether the browser itself states that our own page sent this request.

    Browsers add `Sec-Fetch-Site` (over https) and `Origin` to every form post, and
    a page's script cannot forge either; `Referer` serves those older than that.
    """
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if not source:
        return False
    try:
        origin = urlsplit(source)
    except ValueError:
        return False
    return (origin.scheme, origin.netloc) == (request.scheme, request.get_host())


class SameOriginCsrfMiddleware(CsrfViewMiddleware):
    """Django's token for whoever is signed in; the browser's word for all others.

    A token needs a cookie, which residents do not get (feature R3) and which
    would keep their pages out of the cache. A request without a session carries no
    authority that a foreign page could misuse, so the origin is proof enough; when
    the browser does not state it, Django's token check decides.
    """

    def process_view(self, request, callback, callback_args, callback_kwargs):
        """Let the request pass, or return the response that refuses it."""
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if not has_session and is_same_origin(request):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)
