"""Preserves what was typed in the admin when a session ends or saving fails.

`admin-sending.js` asks whether the session still holds before it lets a form go. Where
it cannot, or the session ends just then, the answer is a page with all that was sent.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from home.caching import has_user_session
from home.navigation import get_stored_council
from stockton_cms.accounts.mfa import has_passed_mfa
from stockton_cms.security.middleware import is_same_origin

SIGNED_OUT, NOT_OURS, WENT_WRONG = "signed_out", "not_confirmed", "server_error"
# The longest message in four-byte characters, URL-encoded, and the other fields.
MAX_BYTES = 80_000
# No public form is multipart, and each part takes time to parse.
MAX_BYTES_IN_PARTS = 12_000


def may_use_admin(request: HttpRequest) -> bool:
    """Say whether someone is signed in, with all that the admin asks for."""
    return request.user.has_perm("wagtailadmin.access_admin") and (
        not settings.SECOND_STEP_REQUIRED or has_passed_mfa(request)
    )


def give_back_to_signed_out(request: HttpRequest) -> HttpResponse | None:
    is_form = request.method == "POST" and not _is_modal(request)
    if may_use_admin(request) or not (is_form or _wants_json(request)):
        return None
    return give_back(request, SIGNED_OUT, status=401)


def is_form_of_admin(request: HttpRequest) -> bool:
    return (
        request.method == "POST"
        and request.path.startswith(reverse("wagtailadmin_home"))
        and not _is_modal(request)
        # A foreign page must not have us show its words as someone's own.
        and is_same_origin(request)
    )


def give_back(
    request: HttpRequest,
    reason: str,
    status: int,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """Return the page with a form of all that was sent, asking no database."""
    if _wants_json(request):
        answer = {"success": False, "error_code": reason}
        return JsonResponse(answer, status=status, headers=headers)
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken"
    ]
    context = {
        "reason": reason,
        "address": request.get_full_path(),
        "csrf_token": get_token(request),
        "fields": fields,
        "files": [file.name for file in request.FILES.values()],
        "council": get_stored_council(),
        **sign_in_addresses(),
    }
    page = render_to_string("unsaved_text.html", context)
    headers = {**(headers or {}), "Cache-Control": "no-store"}
    return HttpResponse(page, status=status, headers=headers)


def sign_in_addresses() -> dict[str, str]:
    """Return where a script asks for the session, and where a new tab signs in."""
    session = reverse("admin_session")
    query = urlencode({"next": session})
    return {
        "session_url": session,
        "sign_in_url": f"{reverse(settings.LOGIN_URL)}?{query}",
    }


class SmallBodyMiddleware:
    """Rejects unread bodies that are too large for a visitor's form (413).

    Even a 404 page reads the body, to look for a CSRF token. In the admin it is so
    large because the session of an editor has ended.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        """Return the error; signed-in users have Django's limits."""
        is_in_parts = request.content_type == "multipart/form-data"
        most = MAX_BYTES_IN_PARTS if is_in_parts else MAX_BYTES
        # Without the header, Django reads none.
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_number = length.isascii() and length.isdigit()
        if not is_number or int(length[:20]) <= most or has_user_session(request):
            return None
        if not request.path.startswith(reverse("wagtailadmin_home")):
            return render(request, "413.html", status=413)
        if _wants_json(request):
            return give_back(request, SIGNED_OUT, status=401)
        context = {"reason": SIGNED_OUT, "is_unread": True, **sign_in_addresses()}
        return render(request, "unsaved_text.html", context, status=401)


def session(request: HttpRequest) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"token": get_token(request)})
    return render(request, "signed_in.html")


def _wants_json(request: HttpRequest) -> bool:
    return not request.accepts("text/html")


def _is_modal(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"
