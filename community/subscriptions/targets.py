"""What can be followed, and how it is named without telling what is not public."""

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
NOT_PUBLIC = "A page that is not public at the moment"
KINDS = (CommunityIndexPage, PartnershipPage, PolicyUpdatePage)
# What stands in an address for a page has at most so many figures.
MAX_DIGITS = 9


@dataclass(frozen=True)
class SubscriptionTarget:
    """What somebody follows, in words; no title and no link of what is not public."""

    page_id: int | None
    title: str
    href: str
    is_public: bool = True


def get_followed(
    page_ids: set[int | None], at: datetime
) -> dict[int | None, SubscriptionTarget]:
    """Return what pages, or None for all policy updates, are for any reader now."""
    public = visible_pages(at).type(*KINDS).filter(pk__in=page_ids - {None})
    shown = {page.pk: (page.title, site_path(page.url_path)) for page in public}
    found = {
        page_id: SubscriptionTarget(page_id, *shown[page_id])
        if shown.get(page_id, ("", ""))[1]
        else SubscriptionTarget(page_id, NOT_PUBLIC, "", is_public=False)
        for page_id in page_ids
    }
    if None in found:
        found[None] = SubscriptionTarget(None, ALL_POLICIES, reverse("policy_updates"))
    return found


def subscribe_url(page: Page | None, request: HttpRequest) -> str:
    """Return where readers of a page sign up; nothing where they cannot follow it.

    A plain link, as the page is kept for all. Who has no session gets no private page;
    for the rest it takes a query.
    """
    is_shown = isinstance(page, KINDS) and page.live and page.pk
    if not is_shown or getattr(request, "is_preview", False):
        return ""
    if has_session(request):
        found = get_followed({page.pk}, timezone.now())
        if not found[page.pk].is_public:
            return ""
    return f"{reverse('follow')}?{urlencode({'page': page.pk})}"


def get_followed_or_404(text: str, at: datetime) -> SubscriptionTarget:
    """Return what `?page=` names, all policy updates if it is empty.

    Raises `Http404` for whatever anybody may not read or cannot follow: both are one.
    """
    if not text:
        return get_followed({None}, at)[None]
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise Http404("There is no such page.")
    page_id = int(text)
    followed = get_followed({page_id}, at)[page_id]
    if not followed.is_public:
        raise Http404("There is no such page.")
    return followed
