"""Preserves what was typed in the admin when a session ends or saving fails.

`admin-sending.js` asks whether the session still holds before it lets a form go. Where
it cannot, or the session ends just then, the answer is a page with all that was sent.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from home.navigation import get_stored_council
from stockton_cms.accounts.mfa import may_use_admin

SIGNED_OUT, NOT_OURS, WENT_WRONG = "signed_out", "not_confirmed", "server_error"


def give_back_to_signed_out(request: HttpRequest) -> HttpResponse | None:
    is_form = request.method == "POST" and not is_modal(request)
    if may_use_admin(request) or not (is_form or _wants_json(request)):
        return None
    return give_back(request, SIGNED_OUT, status=401)


def give_back(
    request: HttpRequest,
    reason: str,
    status: int,
    headers: dict[str, str] | None = None,
    is_unread: bool = False,
) -> HttpResponse:
    """Return the page with a form of all that was sent, asking no database."""
    if _wants_json(request):
        answer = {"success": False, "error_code": reason}
        return JsonResponse(answer, status=status, headers=headers)
    context = {
        "reason": reason,
        "is_unread": is_unread,
        "council": get_stored_council(),
        **sign_in_addresses(),
    }
    if not is_unread:
        context |= {
            "address": request.get_full_path(),
            "csrf_token": get_token(request),
            "fields": [
                (name, value)
                for name, values in request.POST.lists()
                for value in values
                if name != "csrfmiddlewaretoken"
            ],
            "files": [file.name for file in request.FILES.values()],
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


def session(request: HttpRequest) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"token": get_token(request)})
    return render(request, "signed_in.html")


def _wants_json(request: HttpRequest) -> bool:
    return not request.accepts("text/html")


def is_modal(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"
