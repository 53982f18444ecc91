"""No admin without 2FA: an authenticator app or a passkey (feature O5)."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from time import time

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin.models import FormState

from home.jobs import register_job
from search.indexing.linked_documents import is_public
from stockton_cms.accounts.allauth_internals import record_authentication

# Recovery codes replace one of these.
MFA_METHODS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_passed_mfa(request: HttpRequest) -> bool:
    """Say whether this session has, with what the account still has.

    The council's own sign-in service asks for two-factor authentication itself.
    """
    records = get_authentication_records(request, request.user)
    methods = {record["method"] for record in records}
    if "socialaccount" in methods:
        return True
    return "mfa" in methods and is_mfa_enabled(request.user, MFA_METHODS)


def is_setting_up_first(request: HttpRequest) -> bool:
    """Say whether someone has just signed in and has no two-factor authentication yet.

    They have just typed their password, and have no method that could be removed.
    """
    records = get_authentication_records(request, request.user)
    is_fresh = any(
        time() - record["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        for record in records
    )
    return is_fresh and not is_mfa_enabled(request.user, MFA_METHODS)


def require_mfa(view: Callable) -> Callable:
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        return redirect_to_mfa(request) or view(request, *args, **kwargs)

    return wrapped


def redirect_to_mfa(request: HttpRequest) -> HttpResponse | None:
    is_signed_in = settings.SECOND_STEP_REQUIRED and request.user.is_authenticated
    if not is_signed_in or has_passed_mfa(request):
        return None
    messages.warning(request, "Set up two-factor authentication before you continue.")
    return redirect("mfa_index")


def guard_private_page(page, request, args, kwargs):
    """Keep private pages, too, from anyone who has shown no more than a password."""
    if request.user.is_authenticated and page.get_view_restrictions().exists():
        return redirect_to_mfa(request)
    return None


def guard_private_document(document, request):
    if request.user.is_authenticated and not is_public(document):
        return redirect_to_mfa(request)
    return None


@receiver(authenticator_added)
def record_mfa_set_up(request, user, authenticator, **kwargs):
    """Let the session in which 2FA was set up go on; others ask for it."""
    if authenticator.type in MFA_METHODS:
        about = {"id": authenticator.pk, "type": authenticator.type}
        # As good as the confirmation that allauth asks for before recovery codes.
        record_authentication(request, user, "mfa", reauthenticated=True, **about)
    if authenticator.type == Authenticator.Type.TOTP:
        # The code that has just set it up has been used, and opens no other session.
        authenticator.wrap().validate_code(request.POST.get("code", ""))


@register_job("purge expired sessions")
def purge_expired_sessions(at: datetime) -> None:
    """Delete expired sessions, and half-typed forms that are a day old."""
    Session.objects.filter(expire_date__lte=at).delete()
    stale = at - FormState.STALE_TIMEOUT
    FormState.objects.filter(last_updated_at__lt=stale).delete()
