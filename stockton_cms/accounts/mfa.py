"""No admin without 2FA: an authenticator app or a passkey (feature O5)."""

from collections.abc import Callable
from functools import wraps
from time import time

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from search.indexing.receivers import is_public
from stockton_cms.accounts.roles import USE_ADMIN

# Recovery codes replace one of these.
MFA_METHODS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_passed_mfa(request: HttpRequest) -> bool:
    """Return whether this session has, with what the account still has.

    The council's own sign-in service asks for two-factor authentication itself.
    """
    records = get_authentication_records(request, request.user)
    methods = {record["method"] for record in records}
    has_second = "mfa" in methods and is_mfa_enabled(request.user, MFA_METHODS)
    return "socialaccount" in methods or has_second


def is_setting_up_first(request: HttpRequest) -> bool:
    """Return whether someone has just signed in and has no two-factor method yet.

    They have just typed their password, and have no method that could be removed.
    """
    records = get_authentication_records(request, request.user)
    since = time() - app_settings.REAUTHENTICATION_TIMEOUT
    is_fresh = any(record["at"] > since for record in records)
    return is_fresh and not is_mfa_enabled(request.user, MFA_METHODS)


def may_use_admin(request: HttpRequest) -> bool:
    """Return whether someone is signed in, with all that the admin asks for."""
    return request.user.has_perm(USE_ADMIN) and (
        not settings.SECOND_STEP_REQUIRED or has_passed_mfa(request)
    )


def redirect_to_mfa(request: HttpRequest) -> HttpResponse | None:
    is_signed_in = settings.SECOND_STEP_REQUIRED and request.user.is_authenticated
    if not is_signed_in or has_passed_mfa(request):
        return None
    messages.warning(request, "Set up two-factor authentication before you continue.")
    return redirect("mfa_index")


def require_mfa(view: Callable) -> Callable:
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        return redirect_to_mfa(request) or view(request, *args, **kwargs)

    return wrapped


# Private pages and documents, too, stay closed to those with no more than a password.


def guard_private_page(page, request, args, kwargs):
    if request.user.is_authenticated and page.get_view_restrictions().exists():
        return redirect_to_mfa(request)
    return None


def guard_private_document(document, request):
    if request.user.is_authenticated and not is_public(document):
        return redirect_to_mfa(request)
    return None
