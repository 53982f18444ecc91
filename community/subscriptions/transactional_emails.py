"""Emails about signing up and managing subscriptions; a few a day to one mailbox."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from community.models import Subscriber, Subscription
from community.subscriptions.links import CONFIRM_DAYS, confirm_url, manage_url
from community.subscriptions.targets import SubscriptionTarget
from community.subscriptions.update_emails import get_council_name
from home.content.email_addresses import address_key, mailbox_key
from home.notifications import in_one_line
from home.rate_limits import RateLimit, RateLimitExceeded

logger = logging.getLogger(__name__)

# Anyone can enter someone else's address.
MAX_PER_DAY = 5
MAILBOX_LIMIT = RateLimit(
    "emails to one mailbox", MAX_PER_DAY, period=timedelta(days=1)
)


class NotSentError(Exception):
    """The mail server did not accept an email."""


def is_mailbox_limit_reached(email: str, at: datetime) -> bool:
    """Return whether a mailbox gets no more emails today, at any of its addresses."""
    return MAILBOX_LIMIT.is_reached(mailbox_key(email), at)


def send_confirmation(
    subscription: Subscription, target: SubscriptionTarget, at: datetime
) -> None:
    council = get_council_name()
    context = {
        "council": council,
        "title": in_one_line(target.title),
        "frequency": subscription.get_frequency_display(),
        "days": CONFIRM_DAYS,
        "address": confirm_url(subscription),
    }
    subject = f"Confirm your email updates from {council}"
    _send("confirm_subscription", subject, context, subscription.subscriber.email, at)


def send_already_subscribed(
    subscriber: Subscriber, target: SubscriptionTarget, at: datetime
) -> None:
    context = {
        "council": get_council_name(),
        "title": in_one_line(target.title),
        "address": manage_url(subscriber),
    }
    subject = "You are already subscribed to these updates"
    _send("already_subscribed", subject, context, subscriber.email, at)


def send_manage_link(email: str, at: datetime) -> None:
    """Send the link to an address's subscriptions, or say that it has none.

    Only those who read its emails learn which.
    """
    subscriber = Subscriber.objects.filter(email_key=address_key(email)).first()
    council = get_council_name()
    context = {
        "council": council,
        "address": manage_url(subscriber) if subscriber else "",
        "site": settings.WAGTAILADMIN_BASE_URL,
    }
    subject = f"Your email updates from {council}"
    to = subscriber.email if subscriber else email
    _send("manage_link", subject, context, to, at)


def _send(name: str, subject: str, context: dict, to: str, at: datetime) -> None:
    """Send plain text and HTML, unless the mailbox has reached its limit.

    Raises `NotSentError`; failed emails do not count towards the limit.
    """
    try:
        hit = MAILBOX_LIMIT.hit(mailbox_key(to), at)
    except RateLimitExceeded:
        # Reached since it was checked. The visitor sees the same page.
        return
    template = f"community/emails/{name}"
    message = EmailMultiAlternatives(
        subject,
        render_to_string(f"{template}.txt", context),
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},
    )
    html = render_to_string(f"{template}.html", context)
    message.attach_alternative(html, "text/html")
    try:
        message.send()
    except Exception as error:
        hit.delete()
        # The server's text may hold the email address.
        logger.error("A subscription email was not sent: %s", type(error).__name__)
        raise NotSentError from None
