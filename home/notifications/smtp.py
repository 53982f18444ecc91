"""The SMTP session over which emails are sent, and what SMTP errors mean."""

import re
from datetime import timedelta
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

# Servers close connections after too many messages.
MAX_PER_CONNECTION = 100
# Servers may scan an email before they accept it; giving up early would send it twice.
TIMEOUT = 60


class SMTPSession:
    """A connection that is renewed from time to time. Raises `smtplib`'s errors."""

    def __init__(self):
        self._connection = get_connection(timeout=TIMEOUT)
        self._sent = 0

    def __enter__(self) -> "SMTPSession":
        self._opened_at = monotonic()
        self._connection.open()
        return self

    def __exit__(self, *error) -> None:
        self._connection.close()

    def reconnect_if_due(self) -> None:
        """Open a new connection, no sooner than UPDATES_PER_MINUTE allows."""
        if not self._sent or self._sent % MAX_PER_CONNECTION:
            return
        self._connection.close()
        due = self._opened_at + 60 * self._sent / settings.UPDATES_PER_MINUTE
        sleep(max(0, due - monotonic()))
        self._connection.open()

    def send(self, message: EmailMessage) -> None:
        """Send one email; return once the server has accepted it."""
        self._sent += 1
        message.connection = self._connection
        self._connection.send_messages([message])


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# The last is used from then on, so that sending resumes soon after the server is back.
OUTAGE_DELAYS = (MINUTE, 5 * MINUTE, 30 * MINUTE)
# Almost a week in all.
RETRY_DELAYS = (*OUTAGE_DELAYS, 2 * HOUR, 6 * HOUR, 12 * HOUR, *6 * (24 * HOUR,))
# The server is closing the connection, for any recipient (RFC 5321, 4.2.2).
CLOSING = 421
# Security or policy (RFC 3463): the address may well exist.
POLICY = re.compile(r"5\.7\.")


class SMTPFailure(Enum):
    """What an error is about."""

    ADDRESS = "the address does not exist"
    TEMPORARY = "try again later"
    # As TEMPORARY, but nothing more can be sent over this connection.
    CONNECTION = "the connection was lost"
    SERVER = "the server accepts nothing from us"


def classify_smtp_error(error: Exception) -> SMTPFailure:
    """Return what an error that was raised while one email was sent is about.

    An email that is rejected for another reason than its address is tried again, as
    the server's rules may be put right.
    """
    if isinstance(error, SMTPSenderRefused):
        return SMTPFailure.SERVER
    if not isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        is_ours = isinstance(error, ValueError) and not isinstance(error, OSError)
        return SMTPFailure.TEMPORARY if is_ours else SMTPFailure.CONNECTION
    code, text = _reply(error)
    if code == CLOSING:
        return SMTPFailure.CONNECTION
    is_about_address = isinstance(error, SMTPRecipientsRefused)
    if code >= 500 and is_about_address and not POLICY.match(text):
        return SMTPFailure.ADDRESS
    return SMTPFailure.TEMPORARY


def describe_smtp_error(error: Exception) -> str:
    """Return the type of error and the SMTP code; the text may hold an address."""
    has_reply = isinstance(error, SMTPResponseException | SMTPRecipientsRefused)
    code = f" {_reply(error)[0]}" if has_reply else ""
    return f"{type(error).__name__}{code}"[:100]


def _reply(error: SMTPRecipientsRefused | SMTPResponseException) -> tuple[int, str]:
    if isinstance(error, SMTPRecipientsRefused):
        # Temporary if that of any recipient is.
        code, text = min(error.recipients.values())
    else:
        code, text = error.smtp_code, error.smtp_error
    return code, text.decode("ascii", "replace") if isinstance(text, bytes) else text
