"""Response headers that Django has no setting for."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from home.caching import has_session, has_user_session, names_session


class IsolationHeadersMiddleware:
    """Keep other origins from embedding our responses, and switch off device features.

    Sets `Cross-Origin-Resource-Policy` and `Permissions-Policy` on every response.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = (
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        return response


class BackslashMiddleware:
    """Leaves out cookies with a backslash, which none of ours has.

    Python takes the time of the square for them, until 3.11.10 (CVE-2024-7592).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.META.get("HTTP_COOKIE", "")
        if "\\" in header:
            others = (each for each in header.split(";") if "\\" not in each)
            request.META["HTTP_COOKIE"] = ";".join(others)
        return self.get_response(request)


# As nginx's `$request_id`, or a UUID (RFC 9562).
REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REQUEST_ID_HEADER = "HTTP_X_REQUEST_ID"


class CleanRequestMiddleware:
    """Leaves out what neither our proxy nor a browser that has been here sends.

    Another `X-Request-ID` would appear in the log and the response as a visitor wrote
    it, and a session cookie that no session can have would be looked for in the
    database, which has an error for some of them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = request.META.get(REQUEST_ID_HEADER, "")
        if not (settings.BEHIND_TLS_PROXY and REQUEST_ID.fullmatch(said)):
            request.META.pop(REQUEST_ID_HEADER, None)
        if not names_session(request):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return self.get_response(request)


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


class SameOriginMiddleware:
    """The browser's word for residents, and Django's token too for signed-in staff.

    A token needs a cookie, which residents do not get (feature R3) and which
    would keep their pages out of the cache. Unless someone has signed in, a request has
    no authority that a foreign page could misuse, so the origin is enough; when
    the browser does not state it, the middleware below asks for the token. Public forms
    have one for those with a session only; the sign-in page has it for all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, callback, callback_args, callback_kwargs):
        """Tell Django's middleware where there is nothing left to check."""
        has_no_user = has_session(request) and not has_user_session(request)
        is_free = has_no_user or not names_session(request)
        if is_free and is_same_origin(request):
            request.csrf_processing_done = True
