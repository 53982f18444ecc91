"""Logs sign-in, in the log and the site history: who, and never with what."""

import logging

from allauth.account.signals import password_reset, user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver
from wagtail import hooks
from wagtail.log_actions import log

from home.rate_limits import get_client_ip
from stockton_cms.accounts.allauth_internals import find_account

logger = logging.getLogger(__name__)
ACTIONS = {
    "account.sign_in": ("Sign in", "Signed in"),
    "account.sign_in_failed": ("Sign in: failed", "Failed to sign in"),
    "account.sign_out": ("Sign out", "Signed out"),
    "account.new_password": ("New password", "Chose a new password"),
    "account.mfa_added": (
        "Two-factor method: added",
        "Two-factor method added",
    ),
    "account.mfa_removed": (
        "Two-factor method: removed",
        "Two-factor method removed",
    ),
}


@hooks.register("register_log_actions")
def register_actions(actions):
    for action, (label, message) in ACTIONS.items():
        actions.register_action(action, label, message)


def record(action: str, user, request=None, **facts) -> None:
    """Write a line to the log and, for people with an account, to the site history."""
    address = get_client_ip(request) if request else None
    extra = {"user_id": user and user.pk, "address": address, **facts}
    logger.info(ACTIONS[action][1], extra=extra)
    if user:
        log(user, action, user=user, data=facts)


@receiver(user_logged_in)
def log_sign_in(request, user, sociallogin=None, **kwargs):
    record("account.sign_in", user, request, by_single_sign_on=bool(sociallogin))


@receiver(user_login_failed)
def log_login_failed(credentials, request=None, **kwargs):
    """Log a wrong password; never the name, which may be a password typed too early."""
    record("account.sign_in_failed", find_account(**credentials), request)


@receiver(authentication_failed)
def log_wrong_code(request, user, authenticator, **kwargs):
    record("account.sign_in_failed", user, request, mfa_type=authenticator.type)


@receiver(user_logged_out)
def log_sign_out(request, user, **kwargs):
    if user:
        record("account.sign_out", user, request)


@receiver(password_reset)
def log_new_password(request, user, **kwargs):
    record("account.new_password", user, request)


@receiver([authenticator_added, authenticator_reset])
def log_mfa_added(request, user, authenticator, **kwargs):
    record("account.mfa_added", user, request, kind=authenticator.type)


@receiver(authenticator_removed)
def log_mfa_removed(user, authenticator: Authenticator, request=None, **kwargs):
    record("account.mfa_removed", user, request, kind=authenticator.type)
