"""The connection to the mail server, over which one email after another goes."""

import re
from datetime import datetime, timedelta
from enum import Enum
from smtplib import (
    SMTPDataError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from time import monotonic, sleep

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

# Servers close connections over which very much comes.
PER_CONNECTION = 100
# A server may look into an email before it takes it. Who does not wait for the answer
# sends twice.
TIMEOUT = 60


class SMTPSession:
    """Sends emails over a connection that is made anew now and then.

    Use it as a context manager: entering it connects. Raises what `smtplib` raises.
    """

    def __init__(self):
        self._connection = get_connection(timeout=TIMEOUT)
        self._sent = 0

    def __enter__(self) -> "SMTPSession":
        self._began = monotonic()
        self._connection.open()
        return self

    def __exit__(self, *error) -> None:
        self._connection.close()

    @property
    def needs_reconnect(self) -> bool:
        """Whether a hundred have gone since the connection was made."""
        return self._sent > 0 and self._sent % PER_CONNECTION == 0

    def rest(self) -> None:
        """Connect anew, no sooner than the settings allow.

        Call it while no email is under way.
        """
        self._connection.close()
        due = self._began + 60 * self._sent / settings.UPDATES_PER_MINUTE
        sleep(max(0, due - monotonic()))
        self._connection.open()

    def send(self, message: EmailMessage) -> None:
        """Hand over one email; return once the server has taken it."""
        self._sent += 1
        message.connection = self._connection
        self._connection.send_messages([message])


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Almost two days in all.
BACK_OFF = (
    *(MINUTE, 5 * MINUTE, 30 * MINUTE),
    *(2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR),
)
# The connection is about to be closed (RFC 5321, 4.2.2), whoever the email is for.
CLOSING = 421
# RFC 3463: a matter of policy, which says nothing about whether the address exists.
POLICY = re.compile(r"5\.7\.")


class SMTPFailure(Enum):
    """Whom a refusal is about."""

    ADDRESS = "there is no such address"
    MESSAGE = "this email is not taken"
    LATER = "it may be tried again"
    # As LATER, but nothing more can be sent now: the connection is gone.
    BROKEN = "the connection broke"
    SERVER = "nothing is taken from us"


def judge(error: Exception) -> SMTPFailure:
    """Return what an error means that came while one email was sent."""
    if isinstance(error, SMTPSenderRefused):
        return SMTPFailure.SERVER
    if not isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        is_ours = isinstance(error, ValueError) and not isinstance(error, OSError)
        return SMTPFailure.MESSAGE if is_ours else SMTPFailure.BROKEN
    code, text = _answer(error)
    if code == CLOSING:
        return SMTPFailure.BROKEN
    if code < 500:
        return SMTPFailure.LATER
    is_about_address = isinstance(error, SMTPRecipientsRefused)
    is_policy = POLICY.match(text)
    return (
        SMTPFailure.ADDRESS
        if is_about_address and not is_policy
        else SMTPFailure.MESSAGE
    )


def in_words(error: Exception) -> str:
    """Return the kind of error and the server's number, never its text.

    The text may hold the address of whom the email was for.
    """
    is_answer = isinstance(error, SMTPResponseException | SMTPRecipientsRefused)
    number = f" {_answer(error)[0]}" if is_answer else ""
    return f"{type(error).__name__}{number}"[:100]


def next_try(attempts: int, at: datetime) -> datetime | None:
    """Return when to try again after so many attempts; None to give up."""
    if attempts > len(BACK_OFF):
        return None
    return at + BACK_OFF[max(attempts, 1) - 1]


def _answer(error: SMTPRecipientsRefused | SMTPResponseException) -> tuple[int, str]:
    if isinstance(error, SMTPRecipientsRefused):
        # One email is for one person.
        [(code, text)] = error.recipients.values()
    else:
        code, text = error.smtp_code, error.smtp_error
    return code, text.decode("ascii", "replace") if isinstance(text, bytes) else text
