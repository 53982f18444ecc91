"""Which links of live pages are broken, and who can fix them."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    Case,
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    TextChoices,
    Value,
    When,
)
from wagtail.documents import get_document_model
from wagtail.models import Page, PageViewRestriction
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from home.editorial.links.index import LINK_SOURCES
from home.editorial.links.models import PageLink
from home.images.renditions import restricted_collections
from home.pages import public_pages


class Problem(TextChoices):
    DELETED = "deleted", "Page has been deleted"
    NOT_PUBLISHED = "not-published", "Page is not published"
    EXPIRED = "expired", "Page has expired"
    PRIVATE = "private", "Links to a private page"
    FILE_DELETED = "file-deleted", "Document has been deleted"
    FILE_PRIVATE = "file-private", "Links to a private document"
    NOWHERE = "nowhere", "Page not found on this website"
    OTHER_SITE = "other-site", "Link to another website does not work"


def broken_links(at: datetime) -> QuerySet[PageLink]:
    """Return the broken links that readers can see, annotated with `problem`."""
    private_collections = restricted_collections()
    shown = Q(page__live=True) & (Q(page__expire_at=None) | Q(page__expire_at__gt=at))
    for model, still_visible in LINK_SOURCES.items():
        kind = ContentType.objects.get_for_model(model)
        shown |= Q(content_type=kind, object_id__in=still_visible(at).values("pk"))
    links = PageLink.objects.filter(shown, pk__in=_suspects(at, private_collections))
    return links.annotate(problem=_problem(at, private_collections)).exclude(
        problem=None
    )


def broken_links_for(user: AbstractBaseUser, at: datetime) -> QuerySet[PageLink]:
    own = PagePermissionPolicy().instances_user_has_permission_for(user, "change")
    # Asked of each link, so that no database begins with all the pages instead.
    may_edit = Q(Exists(own.filter(pk=OuterRef("page_id"))))
    for model in LINK_SOURCES:
        if ModelPermissionPolicy(model).user_has_permission(user, "change"):
            may_edit |= Q(content_type=ContentType.objects.get_for_model(model))
    return broken_links(at).filter(may_edit)


def _suspects(at: datetime, private_collections: set[int]) -> QuerySet:
    """Return the ids of the few links, among many thousands, that need checking.

    Each part has an index of its own; a single condition would use none (measured with
    250,000 links on SQLite).
    """
    hidden = Q(live=False) | Q(expire_at__lte=at)
    restrictions = PageViewRestriction.objects.all()
    rows = restrictions.values_list("page__path", "page__aliases__path")
    for path in {path for row in rows for path in row if path}:
        _, last = Page._get_children_path_interval(path)
        hidden |= Q(path__range=(path, last))
    existing = Page.objects.filter(pk=OuterRef("target_page_id"))
    documents = get_document_model().objects.filter(pk=OuterRef("document_id"))
    unrestricted = documents.exclude(collection__in=private_collections)
    parts = [
        PageLink.objects.filter(
            target_page__in=Page.objects.filter(hidden).values("pk")
        ),
        PageLink.objects.filter(~Exists(existing), target_page__isnull=False),
        PageLink.objects.filter(~Exists(unrestricted), document__isnull=False),
        PageLink.objects.exclude(site_path=""),
    ]
    if settings.CHECK_EXTERNAL_LINKS:
        parts.append(PageLink.objects.filter(external__is_broken=True))
    first, *others = (part.order_by().values("pk") for part in parts)
    return first.union(*others)


def _problem(at: datetime, private_collections: set[int]) -> Case:
    is_for_all = Q(page=None) | Exists(public_pages().filter(pk=OuterRef("page_id")))
    target_is_public = Exists(public_pages().filter(pk=OuterRef("target_page_id")))
    file_is_private = Q(document__collection__in=private_collections)
    has_page, has_file = Q(target_page__isnull=False), Q(document__isnull=False)
    has_expired = Q(target_page__expired=True) | Q(target_page__expire_at__lte=at)
    rules = (
        (Problem.DELETED, has_page & Q(target_page__path=None)),
        (Problem.EXPIRED, has_page & has_expired),
        (Problem.NOT_PUBLISHED, has_page & Q(target_page__live=False)),
        (Problem.PRIVATE, has_page & is_for_all & ~target_is_public),
        (Problem.FILE_DELETED, has_file & Q(document__title=None)),
        (Problem.FILE_PRIVATE, has_file & is_for_all & file_is_private),
        (Problem.NOWHERE, ~Q(site_path="")),
        (Problem.OTHER_SITE, Q(external__is_broken=True)),
    )
    whens = (When(condition, then=Value(problem)) for problem, condition in rules)
    return Case(*whens, default=Value(None), output_field=CharField())
