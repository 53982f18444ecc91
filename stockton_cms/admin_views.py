"""What each view of the admin goes through, and what preserves typed text."""

from collections.abc import Callable
from functools import wraps

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from wagtail import hooks

from home.admin_requests import unreadable_input_as_400
from home.navigation import get_stored_council
from home.page_tree.explorable import limit_sorting, restrict_to_explorable
from home.page_tree.lock import in_one_transaction
from stockton_cms.accounts.mfa import may_use_admin, redirect_to_mfa
from stockton_cms.accounts.roles import USE_ADMIN

SIGNED_OUT, NOT_OURS, WENT_WRONG = "signed_out", "not_confirmed", "server_error"
# What Wagtail 8's editor needs; residents never get it.
ADMIN_POLICY = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | {
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "frame-src": [SELF],
    "frame-ancestors": [SELF],
}


def admin_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view of the admin, for `decorate_urlpatterns`."""
    atomic = in_one_transaction(view)

    @unreadable_input_as_400
    @restrict_to_explorable
    @wraps(view)
    def checked(request, *args, **kwargs):
        return (
            explain_missing_role(request)
            or redirect_to_mfa(request)
            or limit_sorting(request, kwargs)
            or atomic(request, *args, **kwargs)
        )

    @csp(ADMIN_POLICY)
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        response = give_back_to_signed_out(request) or checked(request, *args, **kwargs)
        # A preview comes through all middleware once before and has residents' policy,
        # under which the editor may not show it in a frame.
        response.headers.pop("Content-Security-Policy", None)
        return response

    return wrapped


def explain_missing_role(request: HttpRequest) -> HttpResponse | None:
    # Wagtail would send them to sign in, where they have just come from.
    user = request.user
    if user.is_authenticated and not user.has_perm(USE_ADMIN):
        return render(request, "account/no_role.html", status=403)
    return None


@hooks.register("after_create_user")
@hooks.register("after_edit_user")
def warn_of_missing_role(request: HttpRequest, user) -> None:
    # Read it again: the user at hand may have cached earlier permissions.
    saved = get_user_model().objects.get(pk=user.pk)
    if saved.is_active and not saved.has_perm(USE_ADMIN):
        messages.warning(
            request,
            f"{saved.get_username()} cannot use the admin yet, as the account has no "
            "role. Edit it and choose one under “Roles”.",
        )


def give_back_to_signed_out(request: HttpRequest) -> HttpResponse | None:
    is_sent = request.method == "POST" or _wants_json(request)
    if may_use_admin(request) or not is_sent:
        return None
    return give_back(request, SIGNED_OUT, status=401)


def give_back(
    request: HttpRequest,
    reason: str,
    status: int,
    headers: dict[str, str] | None = None,
    is_unread: bool = False,
) -> HttpResponse:
    """Return the page with a form of all that was sent, asking no database.

    `admin-sending.js` lets no form go without a session, unless it ends just then.
    """
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
    return is_modal(request) or not request.accepts("text/html")


def is_modal(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"
