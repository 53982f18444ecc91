"""What there is to tell those who follow pages: news, changes and withdrawals (R4).

All is written in the transaction of the change itself: both are kept or neither is.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver
from wagtail.models import Page, PageViewRestriction
from wagtail.signals import page_published, page_unpublished, post_page_move

from community.models import Notice, PolicyUpdatePage, Subscription
from community.subscriptions.outbox import enqueue_deliveries, subscriptions_matching
from home.content.dates import is_same_time
from home.notifications import notifications_suppressed
from home.page_tree.addresses import descendants_of, parent_path, site_path
from home.pages import public_pages

Kind = Notice.Kind


@receiver(page_published)
def queue_publication_update(sender, instance, revision=None, alias=False, **kwargs):
    """Tell of a first publication, and of a change that an officer has put in words."""
    is_first = is_same_time(instance.first_published_at, instance.last_published_at)
    content = revision.content if revision else {}
    note = content.get("change_note", "")
    if (
        alias
        or instance.alias_of_id
        or notifications_suppressed()
        or content.get("minor_edit")
    ):
        return
    if revision is None or not (is_first or note) or not _is_public(instance):
        return
    path = site_path(instance.url_path)
    if not path:
        return
    with transaction.atomic():
        notice, is_new = Notice.objects.get_or_create(
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
            followed = [instance.pk, *_ids_above(instance.path)]
            is_policy = isinstance(instance, PolicyUpdatePage)
            enqueue_deliveries(notice, subscriptions_matching(followed, is_policy))


@receiver(page_unpublished)
def tell_of_unpublishing(sender, instance, **kwargs):
    """Tell that a page has been taken down, by somebody or because it expired."""
    # Wagtail sends this too for each page that is about to be deleted: still live.
    taken_down = Page.objects.filter(pk=instance.pk, live=False)
    if not _is_private(instance.path):
        withdraw(taken_down)


@receiver(pre_delete, sender=Page)
def tell_of_deletion(sender, instance, origin=None, **kwargs):
    """Tell that pages are deleted; once for all that go at the same time."""
    pages = origin if isinstance(origin, QuerySet) else None
    if pages is None or not issubclass(pages.model, Page):
        return
    if not hasattr(pages, "withdrawal_told"):
        pages.withdrawal_told = True
        withdraw(public_pages().filter(pk__in=pages.order_by().values("pk")))


@receiver(post_save, sender=PageViewRestriction)
def tell_of_privacy(sender, instance, created, raw=False, **kwargs):
    """Tell that a page, and what is below it, is no longer for everybody."""
    if created and not raw:
        _withdraw_private(instance.page.path, but=instance)


@receiver(post_page_move)
def tell_of_move_into_privacy(sender, instance, parent_page_before, **kwargs):
    """Tell of pages that were moved below a private one; other moves tell nobody."""
    was_below = Page.objects.filter(pk=parent_page_before.pk).first()
    above = parent_path(instance.path)
    if was_below and _is_private(above) and not _is_private(was_below.path):
        _withdraw_private(instance.path, but=None, was_below=was_below.path)


@dataclass(frozen=True)
class _Row:
    """A page that is withdrawn."""

    pk: int
    path: str
    url_path: str
    title: str


def withdraw(pages: QuerySet[Page], was_below: str = "") -> None:
    """Tell once of each page that is no longer there for everybody.

    Who follows a section that goes as a whole is told of the section, and not of each
    page in it. `was_below` is the tree path of the page above, before a move.
    """
    own = pages.filter(alias_of=None).order_by("path")
    rows = [
        _Row(*values) for values in own.values_list("pk", "path", "url_path", "title")
    ]
    ids, paths = {row.pk for row in rows}, {row.path for row in rows}
    # Two queries for all of them, however many they are.
    policies = set(own.type(PolicyUpdatePage).values_list("pk", flat=True))
    followed = set(
        Subscription.objects.filter(page_id__in=ids)
        .values_list("page_id", flat=True)
        .distinct()
    )
    for row in rows:
        parent = parent_path(row.path)
        is_top = parent not in paths
        above = was_below if was_below and is_top else parent
        goes_alone = is_top and _is_public_path(above)
        if goes_alone or row.pk in followed | policies:
            _withdraw(row, above if goes_alone else "", row.pk in policies)


def _withdraw(row: _Row, above: str, is_policy: bool) -> None:
    path = site_path(row.url_path)
    pages_above = [*_ids_above(above), *_ids_at(above)] if above else []
    wishes = subscriptions_matching([row.pk, *pages_above], is_policy)
    if not path or not wishes.exists():
        return
    with transaction.atomic():
        notice = Notice.objects.create(
            page_id=row.pk, kind=Kind.WITHDRAWN, title=row.title, path=path
        )
        enqueue_deliveries(notice, wishes)


def _withdraw_private(
    path: str, but: PageViewRestriction | None, was_below: str = ""
) -> None:
    """Withdraw the pages at and below a path that were public until now.

    `but` is the restriction that hides them now, else those above the path do.
    """
    others = PageViewRestriction.objects.all()
    if but is None:
        others = others.filter(page__path__startswith=path)
    else:
        others = others.exclude(pk=but.pk)
    hidden = set(others.values_list("page__path", flat=True))
    live = Page.objects.live().filter(descendants_of(path))
    live |= Page.objects.live().filter(path=path)
    public = [
        pk
        for pk, each in live.values_list("pk", "path")
        if hidden.isdisjoint(_paths_down_to(each))
    ]
    withdraw(Page.objects.filter(pk__in=public), was_below)


def _paths_down_to(path: str) -> list[str]:
    """Return the tree paths of all pages above one, and its own."""
    return [path[:end] for end in range(Page.steplen, len(path) + 1, Page.steplen)]


def _ids_above(path: str) -> list[int]:
    above = Page.objects.filter(path__in=_paths_down_to(path)[:-1])
    return list(above.values_list("pk", flat=True))


def _ids_at(path: str) -> list[int]:
    return list(Page.objects.filter(path=path).values_list("pk", flat=True))


def _is_public(page: Page) -> bool:
    return public_pages().filter(pk=page.pk).exists()


def _is_public_path(path: str) -> bool:
    return public_pages().filter(path=path).exists()


def _is_private(path: str) -> bool:
    paths = _paths_down_to(path)
    return PageViewRestriction.objects.filter(page__path__in=paths).exists()
