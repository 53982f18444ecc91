"""Links with which people choose a password: once, within an hour or three days."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator

INVITATION_LASTS = timedelta(days=3)


class PasswordLinks(PasswordResetTokenGenerator):
    """Django's own, which die with the password, the email address and a sign-in.

    allauth's would write a row of `EmailAddress` for each account it is asked about,
    by anyone: one that nobody confirms, and that would outlive a changed address.
    """


class InvitationLinks(PasswordLinks):
    """Links that `PasswordLinks` takes for longer: colleagues read email tomorrow."""

    def _now(self) -> datetime:
        """Return the time from which the link has as long as any other."""
        usual = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return super()._now() + INVITATION_LASTS - usual
