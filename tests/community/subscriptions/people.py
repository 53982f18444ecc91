"""Makes subscribers, changes pages, and reads what was queued."""

from datetime import timedelta

from django.utils import timezone

from community.models import Delivery, Frequency, Subscriber, Subscription
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
        confirmed_at=timezone.now() if confirmed else None,
    )


def queued():
    """Return the address, kind and title of each delivery."""
    rows = Delivery.objects.order_by("subscriber__email", "pk")
    return list(rows.values_list("subscriber__email", "event__kind", "event__title"))


def people(count, page):
    """Make so many subscribers of a page, quickly."""
    made = Subscriber.objects.bulk_create(
        [
            Subscriber(email=f"p{each}@example.org", email_key=f"p{each}@example.org")
            for each in range(count)
        ],
        batch_size=1000,
    )
    Subscription.objects.bulk_create(
        [
            Subscription(subscriber=each, page_id=page.pk, confirmed_at=timezone.now())
            for each in made
        ],
        batch_size=1000,
    )
