"""What each view of the Wagtail admin goes through besides Wagtail's own checks."""

from collections.abc import Callable
from functools import wraps

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail import hooks

from home.admin_requests import unreadable_input_as_400
from home.page_tree.explorable import limit_sorting, restrict_to_explorable
from home.page_tree.lock import in_one_transaction
from stockton_cms.accounts.mfa import redirect_to_mfa
from stockton_cms.accounts.roles import USE_ADMIN
from stockton_cms.unsaved_text import give_back_to_signed_out

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
