"""Response headers that Django has no setting for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from home.content_version.caching import names_session


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


class SessionCookieMiddleware:
    """Leaves out a session cookie that no session can have.

    Django would look for it in the database, which has an error for some of them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not names_session(request):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return self.get_response(request)
