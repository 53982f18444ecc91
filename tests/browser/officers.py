"""Officers who sign in with two-factor authentication, and those who set it up."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth import get_user_model

PASSWORD = "a long password for tests"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODES = {"seed": "a seed for tests", "used_mask": 0}


def build_officers(with_app=("pages",), without=("new", "key")) -> None:
    """Make their accounts, each for one test."""
    for name in (*with_app, *without):
        user = get_user_model().objects.create_superuser(
            name, f"{name}@example.org", PASSWORD
        )
        if name in with_app:
            TOTP.activate(user, SECRET)
            Authenticator.objects.create(user=user, type="recovery_codes", data=CODES)


def get_app_code(secret: str = SECRET) -> str:
    """Return what an authenticator app shows now."""
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


def get_recovery_codes() -> list[str]:
    """Return the codes that were printed."""
    return RecoveryCodes(Authenticator(data=CODES)).generate_codes()
