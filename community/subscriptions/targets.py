"""What residents can subscribe to; pages that are not public are never named."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.caching import has_session
from home.content.walker import PLAIN_ID
from home.notifications.outbox import in_one_line
from home.page_tree.addresses import site_path
from home.pages import visible_pages

PAGE_TYPES = (CommunityIndexPage, PartnershipPage, PolicyUpdatePage)


@dataclass(frozen=True)
class SubscriptionTarget:
    """A page, or all policy updates; one that is not public has no `href`."""

    title: str
    href: str = ""
    page_id: int | None = None

    @property
    def query(self) -> str:
        return f"?page={self.page_id}" if self.page_id else ""


def get_targets(
    page_ids: set[int | None], at: datetime
) -> dict[int | None, SubscriptionTarget]:
    """Return what anonymous visitors may know of each page; None: all policies."""
    targets = dict.fromkeys(page_ids, SubscriptionTarget("A page that is not public"))
    for page in visible_pages(at).type(*PAGE_TYPES).filter(pk__in=page_ids - {None}):
        if href := site_path(page.url_path):
            title = in_one_line(page.title)
            targets[page.pk] = SubscriptionTarget(title, href, page.pk)
    if None in page_ids:
        href = reverse("policy_updates")
        targets[None] = SubscriptionTarget("All policy updates", href)
    return targets


def get_target(page_id: int | None, at: datetime) -> SubscriptionTarget:
    return get_targets({page_id}, at)[page_id]


def get_target_or_404(text: str, at: datetime) -> SubscriptionTarget:
    """Return what `?page=` names; all policy updates if it is empty.

    Raises `Http404` alike for pages that are private and that do not exist.
    """
    if not text:
        return get_target(None, at)
    if PLAIN_ID.fullmatch(text) and (target := get_target(int(text), at)).href:
        return target
    raise Http404("Page not found.")


def subscribe_url(page: Page | None, request: HttpRequest) -> str:
    """Return the address of a page's sign-up form; "" where there is none.

    Visitors without a session never get a private page, so only those with one cost
    a query.
    """
    is_target = isinstance(page, PAGE_TYPES) and page.live and page.pk
    if not is_target or getattr(request, "is_preview", False):
        return ""
    if has_session(request) and not get_target(page.pk, timezone.now()).href:
        return ""
    return f"{reverse('subscribe')}?page={page.pk}"
