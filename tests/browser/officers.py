"""Officers who sign in: one for each way, so that tests do not disturb each other."""

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
WITH_SECOND_STEP = ("app", "codes", "pages")
WITHOUT = ("new", "key", "passkey")


def build_officers() -> None:
    """Make their accounts."""
    for name in WITH_SECOND_STEP + WITHOUT:
        user = get_user_model().objects.create_superuser(
            name, f"{name}@example.org", PASSWORD
        )
        if name in WITH_SECOND_STEP:
            TOTP.activate(user, SECRET)
            Authenticator.objects.create(user=user, type="recovery_codes", data=CODES)


def get_app_code(secret: str = SECRET) -> str:
    """Return what an authenticator app shows now."""
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


def get_recovery_codes() -> list[str]:
    """Return the codes that were printed."""
    return RecoveryCodes(Authenticator(data=CODES)).generate_codes()
