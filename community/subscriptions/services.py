"""Starting and ending subscriptions, and queueing what subscribers are emailed about.

An update event is a first publication, a change with a note, or a withdrawal. It is
queued in the transaction of the change itself.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast, JSONObject, RowNumber
from django.dispatch import receiver
from django.utils import timezone
from wagtail.models import Page
from wagtail.signals import page_published

from community.models import (
    Frequency,
    PolicyUpdatePage,
    Subscriber,
    Subscription,
    UpdateEvent,
)
from community.subscriptions.emails import CONFIRM_DAYS, UpdateEmail
from home.content.fields import address_key
from home.jobs import register_job
from home.notifications.outbox import (
    Notification,
    in_one_line,
    notifications_suppressed,
)
from home.page_tree.addresses import parent_path, paths_down_to, site_path
from home.page_tree.visibility import page_visibility_changed
from home.pages import public_pages

Kind = UpdateEvent.Kind
DIGEST_TIME = time(8)
MONDAY = 0
RETENTION_PERIOD = timedelta(days=30)


@transaction.atomic
def request_subscription(
    email: str, page_id: int | None, frequency: str, at: datetime
) -> Subscription:
    """Return the subscription of an email address to a page; creates it if needed.

    A confirmed one is left as it is: anyone can enter someone else's address.
    """
    subscriber, _ = Subscriber.objects.get_or_create(
        email_key=address_key(email), defaults={"email": email, "created_at": at}
    )
    subscription, _ = subscriber.subscriptions.get_or_create(page_id=page_id)
    pending = Subscription.objects.filter(pk=subscription.pk, confirmed_at=None)
    pending.update(frequency=frequency, created_at=at)
    subscription.refresh_from_db(fields=["frequency", "created_at", "confirmed_at"])
    return subscription


@transaction.atomic
def confirm_subscription(subscription: Subscription, at: datetime) -> None:
    """Confirm it, and end the suppression of its subscriber.

    Those who return get a new date of confirmation, so that importing an old bounce
    report again does not suppress them again.
    """
    is_new = Q(confirmed_at=None) | Q(subscriber__suppressed_at__isnull=False)
    Subscription.objects.filter(is_new, pk=subscription.pk).update(confirmed_at=at)
    Subscriber.objects.filter(pk=subscription.subscriber_id).update(
        suppressed_at=None, bounce_count=0
    )


@transaction.atomic
def unsubscribe(subscription: Subscription) -> None:
    """End one subscription, and what waits for it."""
    waiting = _waiting_updates(subscription.subscriber_id)
    waiting.filter(context__subscription=subscription.pk).delete()
    subscription.delete()


@transaction.atomic
def unsubscribe_all(subscriber: Subscriber) -> None:
    """End all subscriptions of a subscriber, whom `purge_unconfirmed` then deletes."""
    _waiting_updates(subscriber.pk).delete()
    subscriber.subscriptions.all().delete()


def _waiting_updates(subscriber_id: int) -> QuerySet[Notification]:
    return Notification.objects.filter(
        kind=UpdateEmail.name,
        recipient=str(subscriber_id),
        state=Notification.State.WAITING,
    )


@register_job("purge unconfirmed subscribers")
@transaction.atomic
def purge_unconfirmed(at: datetime) -> None:
    """Delete expired pending subscriptions, and subscribers without subscriptions."""
    end = at - timedelta(days=CONFIRM_DAYS)
    Subscription.objects.filter(confirmed_at=None, created_at__lt=end).delete()
    idle = Subscriber.objects.filter(created_at__lt=end, subscriptions=None)
    # Subscribers to a page that was deleted are emailed about that first.
    idle.filter(~_has_open_updates("recipient")).delete()


@register_job("purge old update events")
def purge_old_events(at: datetime) -> None:
    old = UpdateEvent.objects.filter(created_at__lt=at - RETENTION_PERIOD)
    old.filter(~_has_open_updates("key")).delete()


def _has_open_updates(field: str) -> Exists:
    pk = Cast(OuterRef("pk"), models.CharField())
    updates = Notification.objects.open().filter(kind=UpdateEmail.name)
    return Exists(updates.filter(**{field: pk}))


def subscriptions_to(paths: Iterable[str], is_policy: bool) -> QuerySet[Subscription]:
    """Return the active subscriptions to pages at tree paths, or to all policies."""
    pages = Page.objects.filter(path__in=paths).values_list("pk", flat=True)
    matching = Q(page_id__in=list(pages))
    if is_policy:
        matching |= Q(page=None)
    return Subscription.objects.active().filter(matching)


def notify_subscribers(event, subscriptions) -> None:
    """Add a notification for each subscriber, with one statement.

    Of several subscriptions the one closest to the page counts. Call it in the
    transaction of the change. 20,000 subscribers take as long as a page view.
    """
    at = event.created_at

    def datetime_value(value: datetime) -> Value:
        return Value(value, output_field=models.DateTimeField())

    due_at = models.Case(
        When(frequency=Frequency.DAILY, then=datetime_value(next_digest(at))),
        When(frequency=Frequency.WEEKLY, then=datetime_value(next_digest(at, MONDAY))),
        default=datetime_value(at),
    )
    closest = models.Window(
        RowNumber(),
        partition_by=F("subscriber_id"),
        order_by=F("page__depth").desc(nulls_last=True),
    )
    values = {
        "kind": Value(UpdateEmail.name),
        "key": Value(str(event.pk)),
        "recipient": Cast("subscriber_id", models.CharField()),
        "context": JSONObject(subscription="pk"),
        "state": Value(Notification.State.WAITING.value),
        "due_at": due_at,
        "attempts": Value(0),
        "created_at": datetime_value(at),
    }
    rows = subscriptions.annotate(closeness=closest).filter(closeness=1)
    selection, parameters = rows.values_list(*values.values()).query.sql_with_params()
    quote, fields = connection.ops.quote_name, Notification._meta
    columns = ", ".join(quote(fields.get_field(name).column) for name in values)
    with connection.cursor() as cursor:
        table = quote(fields.db_table)
        cursor.execute(f"INSERT INTO {table} ({columns}) {selection}", parameters)


def next_digest(at: datetime, weekday: int | None = None) -> datetime:
    """Return the next 8am by the council's clock, on any day or on a weekday."""
    local = timezone.localtime(at)
    # Calendar days: with a clock change a day has 23 or 25 hours.
    day = local.date() + timedelta(days=local.time() >= DIGEST_TIME)
    if weekday is not None:
        day += timedelta(days=(weekday - day.weekday()) % 7)
    return timezone.make_aware(datetime.combine(day, DIGEST_TIME))


@receiver(page_published)
def queue_publication_update(sender, instance, revision=None, **kwargs):
    content = revision.content if revision else {}
    note = content.get("change_note", "").strip()
    is_first = instance.first_published_at == instance.last_published_at
    is_news = revision and (is_first or note) and not content.get("minor_edit")
    path = site_path(instance.url_path)
    if not is_news or not path or instance.alias_of_id or notifications_suppressed():
        return
    if not public_pages().filter(pk=instance.pk).exists():
        return
    values = {
        "page_id": instance.pk,
        "kind": Kind.PUBLISHED if is_first else Kind.CHANGED,
        "title": in_one_line(instance.title),
        "path": path,
        "text": note,
    }
    is_policy = isinstance(instance, PolicyUpdatePage)
    subscriptions = subscriptions_to(paths_down_to(instance.path), is_policy)
    with transaction.atomic():
        event, is_new = UpdateEvent.objects.get_or_create(
            revision_id=revision.pk, defaults=values
        )
        if is_new:
            notify_subscribers(event, subscriptions)


@receiver(page_visibility_changed)
def queue_withdrawals(
    sender, page_ids, was_public, is_public, old_parent_path="", **kwargs
):
    """Queue the withdrawal of pages that are deleted, taken down or made private.

    Subscribers to a section that goes as a whole hear of the section only.
    `old_parent_path` is the tree path of the page above, before a move.
    """
    if is_public or not was_public:
        return
    pages = Page.objects.filter(pk__in=page_ids, alias_of=None)
    # Two queries, however many pages there are.
    policies = set(pages.type(PolicyUpdatePage).values_list("pk", flat=True))
    subscribed = Subscription.objects.filter(page_id__in=page_ids)
    followed = policies | set(subscribed.values_list("page_id", flat=True))
    seen = set()
    for page in pages.only("path", "url_path", "title").order_by("path"):
        seen.add(page.path)
        above, paths = parent_path(page.path), [page.path]
        is_top = above not in seen
        above = old_parent_path or above
        if is_top and public_pages().filter(path=above).exists():
            paths += paths_down_to(above)
        elif page.pk not in followed:
            continue
        path = site_path(page.url_path)
        subscriptions = subscriptions_to(paths, page.pk in policies)
        if not path or not subscriptions.exists():
            continue
        values = {"title": in_one_line(page.title), "path": path}
        with transaction.atomic():
            event = UpdateEvent.objects.create(page=page, kind=Kind.WITHDRAWN, **values)
            notify_subscribers(event, subscriptions)
