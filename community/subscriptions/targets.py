"""What residents can subscribe to; pages that are not public are never named."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from wagtail.models import Page

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.content_version.caching import has_session
from home.page_tree.addresses import site_path
from home.pages import visible_pages

ALL_POLICIES = "All policy updates"
NOT_PUBLIC = "A page that is not public"
PAGE_TYPES = (CommunityIndexPage, PartnershipPage, PolicyUpdatePage)
# Of an id in a URL.
MAX_DIGITS = 9


@dataclass(frozen=True)
class SubscriptionTarget:
    """A page, or all policy updates where `page_id` is None."""

    page_id: int | None
    title: str
    href: str
    is_public: bool = True


def get_targets(
    page_ids: set[int | None], at: datetime
) -> dict[int | None, SubscriptionTarget]:
    """Return what anonymous visitors may know of each page; None: all policies."""
    public = visible_pages(at).type(*PAGE_TYPES).filter(pk__in=page_ids - {None})
    visible = {page.pk: (page.title, site_path(page.url_path)) for page in public}
    targets = {
        page_id: SubscriptionTarget(page_id, *visible[page_id])
        if visible.get(page_id, ("", ""))[1]
        else SubscriptionTarget(page_id, NOT_PUBLIC, "", is_public=False)
        for page_id in page_ids
    }
    if None in targets:
        href = reverse("policy_updates")
        targets[None] = SubscriptionTarget(None, ALL_POLICIES, href)
    return targets


def subscribe_url(page: Page | None, request: HttpRequest) -> str:
    """Return the address of a page's sign-up form; "" where there is none.

    Visitors without a session never get a private page, so only those with one cost
    a query.
    """
    is_target = isinstance(page, PAGE_TYPES) and page.live and page.pk
    if not is_target or getattr(request, "is_preview", False):
        return ""
    if has_session(request):
        targets = get_targets({page.pk}, timezone.now())
        if not targets[page.pk].is_public:
            return ""
    return f"{reverse('subscribe')}?{urlencode({'page': page.pk})}"


def get_target_or_404(text: str, at: datetime) -> SubscriptionTarget:
    """Return what `?page=` names; all policy updates if it is empty.

    Raises `Http404` alike for pages that are private and that do not exist.
    """
    if not text:
        return get_targets({None}, at)[None]
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise Http404("Page not found.")
    page_id = int(text)
    target = get_targets({page_id}, at)[page_id]
    if not target.is_public:
        raise Http404("Page not found.")
    return target
