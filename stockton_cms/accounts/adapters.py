"""Who may sign in and how (feature O5): our rules on top of django-allauth's."""

import logging
from datetime import timedelta
from smtplib import SMTPException
from threading import Thread

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.mail import EmailMessage
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string
from qrcode.image.svg import SvgPathFillImage

from home.content.email_addresses import normalise_email, validate_email_address
from stockton_cms.accounts.allauth_internals import (
    clear_attempts,
    consume_attempt,
    find_account,
)
from stockton_cms.accounts.mfa import is_setting_up_first

logger = logging.getLogger(__name__)
NO_MATCH = "Your username, email address or password is incorrect."
TOO_MANY = "Too many attempts. Wait 5 minutes and try again."
# The limit for wrong passwords from devices that are not known.
STRANGER = "login_failed_by_stranger"


class AccountAdapter(DefaultAccountAdapter):
    """Limits sign-in attempts for each account; administrators create accounts."""

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
        self._login_failed_rl_usage = consume_attempt(
            request,
            "login_failed" if device else STRANGER,
            f"{account} {device}" if device else account,
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def post_login(self, request: HttpRequest, user, **kwargs) -> HttpResponse:
        """Make this device known; one that is goes on with the same attempts."""
        response = super().post_login(request, user, **kwargs)
        response.set_signed_cookie(
            _cookie_name(user),
            get_known_device(request, user) or get_random_string(22),
            salt=_salt(user),
            max_age=DEVICE_MAX_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def set_password(self, user, password: str) -> None:
        """Let people try a new password at once, however many old ones they tried."""
        super().set_password(user, password)
        clear_attempts(self.request, STRANGER, f"account {user.pk}")

    def is_reauthentication_required(self, *, app: str, **kwargs) -> bool:
        """Ask for the password once more, but not right after sign-in.

        That is while 2FA is first set up; later it is asked for each time.
        """
        return not is_setting_up_first(self.request) and (
            super().is_reauthentication_required(app=app, **kwargs)
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the address for a new password, whatever `Host` it was asked with."""
        uid, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", args=[uid, token])
        return f"{settings.WAGTAILADMIN_BASE_URL}{path}"

    def send_password_reset_mail(self, user, email: str, context: dict) -> None:
        """Send after the answer, which takes as long as where there is no account."""
        prefix = "account/email/password_reset_key"
        message = self.render_mail(prefix, user.email, context)
        Thread(target=send_if_possible, args=[message]).start()


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


# Devices on which an officer has signed in, so that strangers cannot use up their
# attempts: a cookie for each account, signed for that account and its password. It lets
# no one in: wrong passwords are counted for the device instead of for the account.
DEVICE_MAX_AGE = timedelta(days=180)


def get_known_device(request: HttpRequest, user: AbstractBaseUser) -> str:
    """Return the name of the device from which this account's owner has signed in."""
    return request.get_signed_cookie(
        _cookie_name(user), default="", salt=_salt(user), max_age=DEVICE_MAX_AGE
    )


def _cookie_name(user: AbstractBaseUser) -> str:
    prefix = "__Host-" if settings.SESSION_COOKIE_SECURE else ""
    return f"{prefix}known_device_{user.pk}"


def _salt(user: AbstractBaseUser) -> str:
    return f"{user.pk} {user.get_session_auth_hash()}"


def send_if_possible(message: EmailMessage) -> bool:
    """Send a mail and return whether the mail server has taken it."""
    try:
        message.send()
    except (OSError, SMTPException):
        logger.exception("A mail about an account was not sent")
        return False
    return True


# Administrators type addresses in Wagtail's own form, whose field is Django's.
get_user_model()._meta.get_field("email").validators.append(validate_email_address)


@receiver(pre_save, sender=get_user_model())
def lower_case_email(instance, **kwargs):
    """Let people be found by their email address, however it was typed."""
    instance.email = normalise_email(instance.email)
