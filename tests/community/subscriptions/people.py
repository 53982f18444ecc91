"""Makes subscribers, changes pages, and reads what was queued."""

from datetime import timedelta

from django.utils import timezone

from community.models import Frequency, Subscriber, Subscription
from community.subscriptions.emails import UpdateEmail, read_related
from home.notifications.outbox import Notification
from tests.factories import PolicyUpdatePageFactory


def published_policy(section):
    """Make a policy that was published long ago, without updates."""
    page = PolicyUpdatePageFactory(parent=section, title="Food plan")
    long_ago = timezone.now() - timedelta(days=90)
    type(page).objects.update(first_published_at=long_ago, last_published_at=long_ago)
    page.refresh_from_db()
    return page


def change(page, note="More bread.", **values):
    """Publish a page again with a note of what changed; return the version."""
    for name, value in {"change_note": note, "minor_edit": False, **values}.items():
        setattr(page, name, value)
    revision = page.save_revision()
    revision.publish()
    return revision


def subscribe(email, page, frequency=Frequency.AT_ONCE, confirmed=True):
    """Subscribe an address to a page, or to all policy updates with None."""
    subscriber, _ = Subscriber.objects.get_or_create(
        email_key=email.lower(), defaults={"email": email}
    )
    return Subscription.objects.create(
        subscriber=subscriber,
        page=page and page.page_ptr,
        frequency=frequency,
        confirmed_at=subscriber.created_at if confirmed else None,
    )


def updates():
    rows = list(Notification.objects.filter(kind=UpdateEmail.name).order_by("pk"))
    read_related(rows)
    # Others are dropped when they are due.
    known = [row for row in rows if row.event]
    return sorted(known, key=lambda row: row.subscriber.email)


def queued():
    return [
        (row.subscriber.email, row.event.kind, row.event.title) for row in updates()
    ]


def people(count, page):
    """Make so many subscribers of a page, quickly."""
    emails = [f"p{number}@example.org" for number in range(count)]
    made = Subscriber.objects.bulk_create(
        [Subscriber(email=email, email_key=email) for email in emails], batch_size=1000
    )
    now = timezone.now()
    Subscription.objects.bulk_create(
        [
            Subscription(subscriber=each, page_id=page.pk, confirmed_at=now)
            for each in made
        ],
        batch_size=1000,
    )
