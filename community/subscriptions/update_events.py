"""Queues update events, in the transaction of the change itself.

An event is a first publication, a change with a note, or a withdrawal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    F,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
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
from community.subscriptions.update_emails import UpdateEmail
from home.notifications import notifications_suppressed
from home.notifications.outbox import Notification
from home.page_tree.addresses import parent_path, site_path
from home.page_tree.visibility import page_visibility_changed, paths_down_to
from home.pages import public_pages

Kind = UpdateEvent.Kind
# Digests are sent in the morning.
DIGEST_TIME = time(8)


def subscriptions_matching(
    page_ids: Iterable[int], is_policy: bool
) -> QuerySet[Subscription]:
    """Return the active subscriptions to any of these pages.

    With `is_policy` also those to all policy updates.
    """
    matching = Q(page_id__in=list(page_ids))
    if is_policy:
        matching |= Q(page=None)
    confirmed = Subscription.objects.filter(matching, confirmed_at__isnull=False)
    # No join: before PostgreSQL has analysed 20,000 new subscribers it would scan them
    # all for each, and publishing took ten seconds.
    suppressed = Subscriber.objects.filter(suppressed_at__isnull=False)
    return confirmed.exclude(subscriber__in=suppressed)


def notify_subscribers(
    event: UpdateEvent, subscriptions: QuerySet[Subscription]
) -> None:
    """Add a notification for each subscriber, with one statement.

    Of several subscriptions the one closest to the page counts. Call it in the
    transaction of the change. 20,000 subscribers take as long as a page view.
    """
    at = event.created_at
    due_at = Case(
        When(frequency=Frequency.DAILY, then=_datetime_value(next_morning(at))),
        When(frequency=Frequency.WEEKLY, then=_datetime_value(next_monday(at))),
        default=_datetime_value(at),
    )
    closest = Window(
        RowNumber(),
        partition_by=F("subscriber_id"),
        order_by=F("page__depth").desc(nulls_last=True),
    )
    values = {
        "kind": Value(UpdateEmail.name),
        "key": Value(str(event.pk)),
        "recipient": Cast("subscriber_id", CharField()),
        "context": JSONObject(subscription="pk"),
        "state": Value(Notification.State.WAITING.value),
        "due_at": due_at,
        "attempts": Value(0),
        "created_at": _datetime_value(at),
    }
    rows = subscriptions.annotate(closeness=closest).filter(closeness=1)
    query = rows.values_list(*values.values()).query
    quote, fields = connection.ops.quote_name, Notification._meta
    columns = ", ".join(quote(fields.get_field(name).column) for name in values)
    with transaction.atomic(), connection.cursor() as cursor:
        selection, parameters = query.sql_with_params()
        table = quote(fields.db_table)
        cursor.execute(f"INSERT INTO {table} ({columns}) {selection}", parameters)


def _datetime_value(at: datetime) -> Value:
    return Value(at, output_field=DateTimeField())


def next_morning(at: datetime) -> datetime:
    """Return the next 8am, local time."""
    today = _morning(at, 0)
    return today if today > at else _morning(at, 1)


def next_monday(at: datetime) -> datetime:
    """Return the next Monday, 8am, local time."""
    days = -timezone.localdate(at).weekday() % 7
    monday = _morning(at, days)
    return monday if monday > at else _morning(at, days + 7)


def _morning(at: datetime, days: int) -> datetime:
    # Calendar days: with a clock change a day has 23 or 25 hours.
    day = timezone.localdate(at) + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, DIGEST_TIME))


@receiver(page_published)
def queue_publication_update(sender, instance, revision=None, alias=False, **kwargs):
    """Queue a first publication, or a change that has a note."""
    is_first = instance.first_published_at == instance.last_published_at
    content = revision.content if revision else {}
    note = content.get("change_note", "")
    if (
        alias
        or instance.alias_of_id
        or notifications_suppressed()
        or content.get("minor_edit")
    ):
        return
    if revision is None or not (is_first or note):
        return
    if not public_pages().filter(pk=instance.pk).exists():
        return
    path = site_path(instance.url_path)
    if not path:
        return
    with transaction.atomic():
        event, is_new = UpdateEvent.objects.get_or_create(
            revision_id=revision.pk,
            defaults={
                "page_id": instance.pk,
                "kind": Kind.PUBLISHED if is_first else Kind.CHANGED,
                "title": instance.title,
                "path": path,
                "text": note,
            },
        )
        if is_new:
            page_ids = [instance.pk, *_ids_above(instance.path)]
            is_policy = isinstance(instance, PolicyUpdatePage)
            notify_subscribers(event, subscriptions_matching(page_ids, is_policy))


@receiver(page_visibility_changed)
def queue_hidden_pages(
    sender, page_ids, was_public, is_public, old_parent_path="", **kwargs
):
    """Queue the withdrawal of pages that are deleted, taken down or made private."""
    if was_public and not is_public:
        queue_withdrawals(Page.objects.filter(pk__in=page_ids), old_parent_path)


@dataclass(frozen=True)
class _Withdrawal:
    pk: int
    path: str
    url_path: str
    title: str


def queue_withdrawals(pages: QuerySet[Page], old_parent_path: str = "") -> None:
    """Queue an event for each page that is no longer public.

    Subscribers to a section that goes as a whole hear of the section only.
    `old_parent_path` is the tree path of the page above, before a move.
    """
    own = pages.filter(alias_of=None).order_by("path")
    rows = [
        _Withdrawal(*values)
        for values in own.values_list("pk", "path", "url_path", "title")
    ]
    ids, paths = {row.pk for row in rows}, {row.path for row in rows}
    # Two queries, however many pages there are.
    policies = set(own.type(PolicyUpdatePage).values_list("pk", flat=True))
    subscribed = set(
        Subscription.objects.filter(page_id__in=ids)
        .values_list("page_id", flat=True)
        .distinct()
    )
    for row in rows:
        parent = parent_path(row.path)
        is_top = parent not in paths
        above = old_parent_path if old_parent_path and is_top else parent
        goes_alone = is_top and public_pages().filter(path=above).exists()
        if goes_alone or row.pk in subscribed | policies:
            _queue_withdrawal(row, above if goes_alone else "", row.pk in policies)


def _queue_withdrawal(row: _Withdrawal, above: str, is_policy: bool) -> None:
    path = site_path(row.url_path)
    page_ids = [row.pk]
    if above:
        pages_above = Page.objects.filter(path__in=paths_down_to(above))
        page_ids += pages_above.values_list("pk", flat=True)
    subscriptions = subscriptions_matching(page_ids, is_policy)
    if not path or not subscriptions.exists():
        return
    with transaction.atomic():
        event = UpdateEvent.objects.create(
            page_id=row.pk, kind=Kind.WITHDRAWN, title=row.title, path=path
        )
        notify_subscribers(event, subscriptions)


def _ids_above(path: str) -> list[int]:
    above = Page.objects.filter(path__in=paths_down_to(path)[:-1])
    return list(above.values_list("pk", flat=True))
