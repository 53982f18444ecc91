"""The few emails about following itself; never many to one address (R4)."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from community.models import Subscriber, Subscription
from community.subscriptions.links import CONFIRM_DAYS, confirm_url, manage_url
from community.subscriptions.targets import SubscriptionTarget
from home.email_addresses import address_key, mailbox_key
from home.notifications import in_one_line
from home.rate_limits import RateLimit, RateLimitExceeded

logger = logging.getLogger(__name__)

# Whoever types somebody else's address can have them sent no more than these.
MAX_A_DAY = 5
TO_ONE_MAILBOX = RateLimit("emails to one mailbox", MAX_A_DAY, period=timedelta(days=1))


class NotSentError(Exception):
    """The mail server did not take an email."""


def has_had_enough(email: str, at: datetime) -> bool:
    """Return whether a mailbox is sent nothing more today, at any of its addresses."""
    return TO_ONE_MAILBOX.is_reached(mailbox_key(email), at)


def send_confirmation(
    subscription: Subscription, followed: SubscriptionTarget, at: datetime
) -> None:
    """Ask whether somebody wants to follow what their address was typed in for."""
    context = {
        "title": in_one_line(followed.title),
        "frequency": subscription.get_frequency_display(),
        "days": CONFIRM_DAYS,
        "address": confirm_url(subscription),
    }
    subject = "Confirm that you want email updates"
    _send("confirm_mail", subject, context, subscription.subscriber.email, at)


def send_already(
    subscriber: Subscriber, followed: SubscriptionTarget, at: datetime
) -> None:
    """Tell somebody who signed up again that they follow this already."""
    context = {"title": in_one_line(followed.title), "address": manage_url(subscriber)}
    subject = "You get these email updates already"
    _send("already_mail", subject, context, subscriber.email, at)


def send_manage_link(email: str, at: datetime) -> None:
    """Send the link to all that an address follows, or say that it follows nothing.

    Nobody but whoever reads its emails learns which it is.
    """
    found = Subscriber.objects.filter(email_key=address_key(email)).first()
    address = manage_url(found) if found else ""
    subject = "Your email updates"
    context = {"address": address, "site": settings.WAGTAILADMIN_BASE_URL}
    _send("manage_mail", subject, context, found.email if found else email, at)


def _send(name: str, subject: str, context: dict, to: str, at: datetime) -> None:
    """Send plain text with HTML beside it, unless the address has had enough.

    Raises `NotSentError`; what was not sent does not count.
    """
    try:
        hit = TO_ONE_MAILBOX.hit(mailbox_key(to), at)
    except RateLimitExceeded:
        # Of two at the same moment; the answer to the visitor is the same.
        return
    message = EmailMultiAlternatives(
        subject,
        render_to_string(f"community/{name}.txt", context),
        to=[to],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(
        render_to_string(f"community/{name}.html", context), "text/html"
    )
    try:
        message.send()
    except Exception as error:
        hit.delete()
        # What the server says may hold the address.
        logger.error("An email about following failed: %s", type(error).__name__)
        raise NotSentError from None
