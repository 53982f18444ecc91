"""What the site has sent by a time, and a mail server that answers with errors."""

import pytest
from django.core import mail

from home.notifications.sending import SMTPSession, send_notifications


def send_emails(at):
    """Send what is due; return the recipients of each email."""
    mail.outbox.clear()
    send_notifications(at)
    return [message.to for message in mail.outbox]


@pytest.fixture
def mail_errors(monkeypatch):
    """Return a list of errors with which the mail server answers, one an email."""
    errors = []
    send = SMTPSession.send

    def answer(session, message):
        if errors:
            raise errors.pop(0)
        send(session, message)

    monkeypatch.setattr(SMTPSession, "send", answer)
    return errors
