"""Emails about signing up and managing subscriptions, as plain text and HTML."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from wagtail.models import Site

from community.models import Subscriber, Subscription
from community.subscriptions.links import CONFIRM, CONFIRM_DAYS, MANAGE
from community.subscriptions.targets import SubscriptionTarget
from home.models import SiteSettings
from home.notifications import in_one_line


def get_council_name() -> str:
    site = Site.objects.filter(is_default_site=True).first()
    site_settings = SiteSettings.objects.filter(site=site).first() or SiteSettings()
    return in_one_line(site_settings.council_name)


def make_email(
    name: str, subject: str, to: str, council: str, **context
) -> EmailMultiAlternatives:
    """Return an email from the templates of that name."""
    context |= {"council": council, "site": settings.WAGTAILADMIN_BASE_URL}
    template = f"community/emails/{name}"
    text = render_to_string(f"{template}.txt", context)
    headers = {"Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(subject, text, to=[to], headers=headers)
    html = render_to_string(f"{template}.html", context)
    message.attach_alternative(html, "text/html")
    return message


def sign_up_email(
    subscription: Subscription, target: SubscriptionTarget
) -> EmailMultiAlternatives:
    """Return the email to confirm a subscription, or which says that it is active."""
    subscriber, council = subscription.subscriber, get_council_name()
    if subscription.is_active:
        return manage_link_email(subscriber.email, subscriber, target.title)
    return make_email(
        "confirm_subscription",
        f"Confirm your email updates from {council}",
        subscriber.email,
        council,
        title=target.title,
        frequency=subscription.get_frequency_display(),
        days=CONFIRM_DAYS,
        address=CONFIRM.url(subscriber, subscription.page_id),
    )


def manage_link_email(
    email: str, subscriber: Subscriber | None, title: str = ""
) -> EmailMultiAlternatives:
    """Return the email with the link to an address's subscriptions, if it has any.

    `title` is what someone has signed up for once more.
    """
    council, address = get_council_name(), MANAGE.url(subscriber) if subscriber else ""
    subject = f"Your email updates from {council}"
    return make_email(
        "manage_link", subject, email, council, title=title, address=address
    )
