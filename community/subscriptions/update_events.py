"""Queues update events, in the transaction of the change itself.

An event is a first publication, a change with a note, or a withdrawal.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Case, CharField, DateTimeField, F, Q, QuerySet, Value, When
from django.db.models.expressions import Window
from django.db.models.functions import Cast, JSONObject, RowNumber
from django.dispatch import receiver
from django.utils import timezone
from wagtail.models import Page
from wagtail.signals import page_published

from community.models import Frequency, PolicyUpdatePage, Subscription, UpdateEvent
from community.subscriptions.emails import UpdateEmail
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


def subscriptions_to(paths: Iterable[str], is_policy: bool) -> QuerySet[Subscription]:
    """Return the active subscriptions to the pages at any of these tree paths.

    With `is_policy` also those to all policy updates.
    """
    pages = Page.objects.filter(path__in=paths).values_list("pk", flat=True)
    matching = Q(page_id__in=list(pages))
    if is_policy:
        matching |= Q(page=None)
    return Subscription.objects.active().filter(matching)


def notify_subscribers(
    event: UpdateEvent, subscriptions: QuerySet[Subscription]
) -> None:
    """Add a notification for each subscriber, with one statement.

    Of several subscriptions the one closest to the page counts. Call it in the
    transaction of the change. 20,000 subscribers take as long as a page view.
    """
    at = event.created_at

    def datetime_value(value: datetime) -> Value:
        return Value(value, output_field=DateTimeField())

    due_at = Case(
        When(frequency=Frequency.DAILY, then=datetime_value(next_digest(at))),
        When(frequency=Frequency.WEEKLY, then=datetime_value(next_digest(at, MONDAY))),
        default=datetime_value(at),
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
    today = timezone.localdate(at)
    # Calendar days: with a clock change a day has 23 or 25 hours.
    days = [today + timedelta(days=number) for number in range(8)]
    mornings = [timezone.make_aware(datetime.combine(day, DIGEST_TIME)) for day in days]
    return next(
        morning
        for morning in mornings
        if morning > at and weekday in (None, morning.weekday())
    )


@receiver(page_published)
def queue_publication_update(sender, instance, revision=None, **kwargs):
    """Queue a first publication, or a change that has a note."""
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
