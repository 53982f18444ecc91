"""Devices on which an officer has signed in: strangers cannot use up their attempts.

A cookie for each account, signed for that account and its password. It lets no one in:
wrong passwords are counted for the device instead of for the account and the network.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

MAX_AGE = timedelta(days=180)


def remember_device(
    request: HttpRequest, response: HttpResponse, user: AbstractBaseUser
) -> None:
    """Make this device known, or keep it known; it goes on with the same attempts."""
    response.set_signed_cookie(
        _cookie_name(user),
        get_known_device(request, user) or get_random_string(22),
        salt=_salt(user),
        max_age=MAX_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def get_known_device(request: HttpRequest, user: AbstractBaseUser) -> str:
    """Return the name of the device from which this account's owner has signed in."""
    return request.get_signed_cookie(
        _cookie_name(user), default="", salt=_salt(user), max_age=MAX_AGE
    )


def _cookie_name(user: AbstractBaseUser) -> str:
    prefix = "__Host-" if settings.SESSION_COOKIE_SECURE else ""
    return f"{prefix}known_device_{user.pk}"


def _salt(user: AbstractBaseUser) -> str:
    return f"{user.pk} {user.get_session_auth_hash()}"
