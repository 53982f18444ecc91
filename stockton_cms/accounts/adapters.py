"""Who may sign in and how (feature O5): our rules on top of django-allauth's."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from threading import Thread

import qrcode
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string
from qrcode.image.svg import SvgPathFillImage
from wagtail import hooks

from stockton_cms.accounts.allauth_internals import find_account, ratelimit
from stockton_cms.accounts.mfa import is_setting_up_first

logger = logging.getLogger(__name__)
NO_MATCH = "Your username, email address or password is incorrect."
TOO_MANY = "Too many attempts. Wait 5 minutes and try again."
# The limit for wrong passwords from devices that are not known.
STRANGER = "login_failed_by_stranger"
DEVICE_MAX_AGE = timedelta(days=180)
INVITATION_LASTS = timedelta(days=3)


class AccountAdapter(DefaultAccountAdapter):
    """Limits sign-in attempts for each account; administrators create accounts.

    An officer's devices have limits of their own, so that strangers cannot use them up.
    A device is known by a cookie for each account, signed for it and its password. It
    lets no one in.
    """

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": NO_MATCH,
        "username_password_mismatch": NO_MATCH,
        "incorrect_password": "Your password is incorrect.",
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials) -> None:
        """Count the attempt for the device, if it is known, else for all strangers.

        allauth's own key has the typed name and the `Host` of the request in it: each
        other port or way to write the name would begin to count again.
        """
        user = find_account(**credentials)
        device = get_known_device(request, user) if user else ""
        typed = credentials.get("email") or credentials.get("username", "")
        account = f"account {user.pk}" if user else f"no one {typed.lower()}"
        # Undone by allauth when the password was right.
        self._login_failed_rl_usage = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed" if device else STRANGER,
            key=f"{account} {device}" if device else account,
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def post_login(self, request: HttpRequest, user, **kwargs) -> HttpResponse:
        # A device that is known goes on with the same attempts.
        response = super().post_login(request, user, **kwargs)
        response.set_signed_cookie(
            **_device_cookie(user),
            value=get_known_device(request, user) or get_random_string(22),
            max_age=DEVICE_MAX_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def set_password(self, user, password: str) -> None:
        """Let people try a new password at once, however many old ones they tried."""
        super().set_password(user, password)
        limit = {"app": "allauth.account", "action": STRANGER}
        ratelimit.clear(self.request, key=f"account {user.pk}", **limit)

    def is_reauthentication_required(self, *, app: str, **kwargs) -> bool:
        # Not right after sign-in, while two-factor authentication is first set up.
        return not is_setting_up_first(self.request) and (
            super().is_reauthentication_required(app=app, **kwargs)
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        # Whatever `Host` it was asked with.
        uid, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", args=[uid, token])
        return f"{settings.WAGTAILADMIN_BASE_URL}{path}"

    def send_password_reset_mail(self, user, email: str, context: dict) -> None:
        """Send after the answer, which takes as long as where there is no account."""
        prefix = "account/email/password_reset_key"
        message = self.render_mail(prefix, user.email, context)
        Thread(target=send_if_possible, args=[message]).start()


def get_known_device(request: HttpRequest, user: AbstractBaseUser) -> str:
    """Return the name of the device from which this account's owner has signed in."""
    cookie = _device_cookie(user)
    return request.get_signed_cookie(**cookie, default="", max_age=DEVICE_MAX_AGE)


def _device_cookie(user: AbstractBaseUser) -> dict[str, str]:
    prefix = "__Host-" if settings.SESSION_COOKIE_SECURE else ""
    salt = f"{user.pk} {user.get_session_auth_hash()}"
    return {"key": f"{prefix}known_device_{user.pk}", "salt": salt}


class MFAAdapter(DefaultMFAAdapter):
    """Draws the picture for authenticator apps on white, which dark pages need."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_generate_recovery_codes": "Set up two-factor authentication first.",
        "incorrect_code": "The code or passkey is incorrect. Try again.",
    }

    def generate_authenticator_name(self, user, type: str) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return f"Passkey {number}"

    def build_totp_svg(self, url: str) -> str:
        drawn = qrcode.make(url, image_factory=SvgPathFillImage)
        return drawn.to_string().decode()


class InvitationLinks(PasswordResetTokenGenerator):
    """Links to a new password that last longer: colleagues read email tomorrow."""

    def _now(self) -> datetime:
        # The time from which the link has as long as any other.
        usual = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return super()._now() + INVITATION_LASTS - usual


@hooks.register("after_create_user")
def invite(request: HttpRequest, user) -> None:
    """Send a one-time link once the account is there, and say whether it went out."""
    transaction.on_commit(lambda: send_invitation(request, user))


def send_invitation(request: HttpRequest, user) -> None:
    adapter = get_adapter(request)
    key = f"{user_pk_to_url_str(user)}-{InvitationLinks().make_token(user)}"
    context = {
        "invited": user,
        "invited_by": request.user,
        "address": adapter.get_reset_password_from_key_url(key),
    }
    mail = adapter.render_mail("account/email/invitation", user.email, context)
    if send_if_possible(mail):
        messages.info(request, f"{user.email} was sent an invitation.")
    else:
        messages.error(
            request,
            f"The invitation to {user.email} could not be sent. They can choose "
            "“Forgotten your password?” where they sign in.",
        )


def send_if_possible(message: EmailMessage) -> bool:
    """Send a mail and return whether the mail server has taken it."""
    try:
        message.send()
    except (OSError, SMTPException):
        logger.exception("A mail about an account was not sent")
        return False
    return True
