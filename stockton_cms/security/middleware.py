"""What Django has no setting for: cleaner requests, headers, forms without a token."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from home.caching import has_session, has_user_session, names_session
from stockton_cms.admin_views import SIGNED_OUT, give_back

# As nginx's `$request_id`, or a UUID (RFC 9562).
REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REQUEST_ID_HEADER = "HTTP_X_REQUEST_ID"
# The longest message in four-byte characters, URL-encoded, and the other fields.
MAX_BYTES = 80_000
# No public form is multipart, and each part takes time to parse.
MAX_BYTES_IN_PARTS = 12_000


class CleanRequestMiddleware(MiddlewareMixin):
    """Leaves out what neither our proxy nor a browser that has been here sends."""

    def process_request(self, request: HttpRequest) -> None:
        meta = request.META
        cookies = meta.get("HTTP_COOKIE", "")
        if "\\" in cookies:
            # None of ours has one. Until 3.11.10 Python takes the time of the square
            # for them (CVE-2024-7592).
            others = (each for each in cookies.split(";") if "\\" not in each)
            meta["HTTP_COOKIE"] = ";".join(others)
        if cookies and not names_session(request):
            # It would be looked for in the database, which has an error for some.
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        # Any other would be in the log and the response as a visitor wrote it.
        said = meta.get(REQUEST_ID_HEADER, "")
        if not (settings.BEHIND_TLS_PROXY and REQUEST_ID.fullmatch(said)):
            meta.pop(REQUEST_ID_HEADER, None)


class IsolationHeadersMiddleware(MiddlewareMixin):
    """Keeps other origins from embedding responses; switches off device features."""

    def process_response(self, request: HttpRequest, response: HttpResponse):
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = (
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        return response


class SmallBodyMiddleware(MiddlewareMixin):
    """Rejects unread bodies that are too large for a visitor's form (413).

    Even a 404 page reads the body, to look for a CSRF token. In the admin it is so
    large because the session of an editor has ended; who has one has Django's limits.
    """

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        is_in_parts = request.content_type == "multipart/form-data"
        most = MAX_BYTES_IN_PARTS if is_in_parts else MAX_BYTES
        # Without the header, Django reads none.
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_number = length.isascii() and length.isdigit()
        if not is_number or int(length[:20]) <= most or has_user_session(request):
            return None
        if not request.path.startswith(reverse("wagtailadmin_home")):
            return render(request, "413.html", status=413)
        return give_back(request, SIGNED_OUT, status=401, is_unread=True)


def is_same_origin(request: HttpRequest) -> bool:
    """Return whether the browser itself states that our own page sent this request.

    Browsers add `Sec-Fetch-Site` (over https) and `Origin` to every form post, and
    a page's script cannot forge either; `Referer` serves those older than that.
    """
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        origin = urlsplit(source)
    except ValueError:
        return False
    return (origin.scheme, origin.netloc) == (request.scheme, request.get_host())


class SameOriginMiddleware(MiddlewareMixin):
    """The browser's word for residents, and Django's token too for signed-in staff.

    A token needs a cookie, which residents do not get (feature R3) and which
    would keep their pages out of the cache. Unless someone has signed in, a request has
    no authority that a foreign page could misuse, so the origin is enough; when
    the browser does not state it, the middleware below asks for the token. Public forms
    have one for those with a session only; the sign-in page has it for all.
    """

    def process_view(self, request, view, args, kwargs) -> None:
        has_no_user = has_session(request) and not has_user_session(request)
        is_free = has_no_user or not names_session(request)
        if is_free and is_same_origin(request):
            request.csrf_processing_done = True
