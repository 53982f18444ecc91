"""No admin without a second step: an authenticator app or a passkey (feature O5)."""

from collections.abc import Callable
from functools import wraps

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.dispatch import receiver
from django.http import HttpRequest
from django.shortcuts import redirect

# Recovery codes stand in for one of these.
SECOND_STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_passed_second_step(request: HttpRequest) -> bool:
    """Say whether this session has, with what the account still has.

    The council's own sign-in service asks for a second step itself.
    """
    records = get_authentication_records(request, request.user)
    methods = {record["method"] for record in records}
    if "socialaccount" in methods:
        return True
    return "mfa" in methods and is_mfa_enabled(request.user, SECOND_STEPS)


def with_second_step(view: Callable) -> Callable:
    """Wrap an admin view: whoever is signed in without a second step sets one up."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        is_signed_in = settings.SECOND_STEP_REQUIRED and request.user.is_authenticated
        if is_signed_in and not has_passed_second_step(request):
            messages.warning(request, "Set up a second step to open the admin.")
            return redirect("mfa_index")
        return view(request, *args, **kwargs)

    return wrapped


@receiver(authenticator_added)
def remember_new_second_step(request, user, authenticator, **kwargs):
    """Let the session in which a second step was set up go on; others ask for it."""
    if authenticator.type in SECOND_STEPS:
        about = {"id": authenticator.pk, "type": authenticator.type}
        record_authentication(request, user, "mfa", **about)
