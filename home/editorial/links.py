"""The links on live pages and in other objects: which there are, and which are broken.

They are stored with the page, in the transaction that saves it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import Resolver404, resolve
from modelcluster.fields import ParentalKey
from modelcluster.models import get_all_child_relations
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents import get_document_model
from wagtail.models import COMMENTS_RELATION_NAME, Page, PageViewRestriction, Site
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.signals import page_unpublished, published, unpublished

from home.content.walker import FoundLink, id_from, link_to, short_text, walk
from home.editorial.models import ExternalLink, PageLink
from home.images.renditions import restricted_collections
from home.page_tree.addresses import url_path_at
from home.pages import public_pages
from home.receivers import live_page_saved

# Models other than pages that have links, and which objects readers see at a time.
LINK_SOURCES: dict[type[models.Model], Callable[[datetime], QuerySet]] = {}


def register_link_source(
    model: type[models.Model], still_visible: Callable[[datetime], QuerySet]
) -> None:
    """Also report broken links of a model with Wagtail's drafts.

    `still_visible` returns the objects whose links matter. Call this when the app is
    ready.
    """
    LINK_SOURCES[model] = still_visible
    published.connect(index_links, sender=model)
    for signal in (unpublished, post_delete):
        signal.connect(remove_links, sender=model)


@receiver(page_unpublished)
def remove_links(sender, instance, **kwargs):
    PageLink.objects.filter(**_source(instance)).delete()


def _source(instance: models.Model) -> dict:
    if isinstance(instance, Page):
        return {"page_id": instance.pk}
    kind = ContentType.objects.get_for_model(instance)
    return {"content_type_id": kind.pk, "object_id": instance.pk}


@receiver(live_page_saved)
@transaction.atomic
def index_links(sender, instance, **kwargs) -> None:
    """Store the links of an object, but those of an alias with its original."""
    if getattr(instance, "alias_of_id", None):
        return
    found = {link: _target_of(link) for link in _links_in(instance)}
    addresses = {target["address"] for target in found.values() if "address" in target}
    # Sorted and updated, so that concurrent transactions neither delete them nor
    # deadlock.
    external = ExternalLink.objects.bulk_create(
        [
            ExternalLink(
                address=address,
                address_hash=sha256(address.encode()).hexdigest(),
                host=_host(address),
            )
            for address in sorted(addresses)
        ],
        update_conflicts=True,
        unique_fields=["address_hash"],
        update_fields=["address"],
    )
    external_ids = {row.address: row.pk for row in external}
    source, rows = _source(instance), []
    for link, target in found.items():
        if address := target.pop("address", None):
            target["external_id"] = external_ids[address]
        if target:
            rows.append(PageLink(**source, text=link.text, **target))
    PageLink.objects.filter(**source).delete()
    PageLink.objects.bulk_create(rows)


def _links_in(instance: models.Model) -> Iterator[FoundLink]:
    for part in walk(instance):
        yield from part.links
    text = getattr(instance, "link_text", "") or getattr(instance, "name", "")
    for field in instance._meta.get_fields():
        if isinstance(field, models.URLField):
            if address := getattr(instance, field.name):
                label = short_text(text or field.verbose_name)
                yield FoundLink(label, address=address)
        elif _is_choice_of_target(field) and (target := getattr(instance, field.name)):
            yield link_to(target, text)
    for relation in get_all_child_relations(type(instance)):
        name = relation.get_accessor_name()
        if name != COMMENTS_RELATION_NAME:
            for row in getattr(instance, name).all():
                yield from _links_in(row)


def _is_choice_of_target(field) -> bool:
    return (
        field.is_relation
        and bool(field.many_to_one)
        and field.editable
        and not isinstance(field, ParentalKey)
        and isinstance(field.related_model, type)
        and issubclass(field.related_model, Page | get_document_model())
    )


def _target_of(link: FoundLink) -> dict:
    """Return a link's target as `PageLink` values; nothing if it cannot break.

    An external one is its `address`.
    """
    if link.page_id:
        return {"target_page_id": link.page_id}
    if link.document_id:
        return {"document_id": link.document_id}
    address = f"https:{link.address}" if link.address[:2] == "//" else link.address
    if address.startswith("/"):
        return find_target(address)
    if not address.lower().startswith(("http:", "https:")):
        return {}
    # Wildcards may include other people's sites.
    own = {name.lower() for name in settings.ALLOWED_HOSTS if name[:1] not in "*."}
    host = _host(address)
    if host in own or Site.objects.filter(hostname__iexact=host).exists():
        return find_target(address)
    return {"address": address.partition("#")[0]}


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "")[:255]
    except ValueError:
        return ""


def find_target(address: str) -> dict:
    """Return the target of a URL of this website as `PageLink` values.

    `site_path` means that it is broken; no value, that it works but is neither a page
    nor a document. It is found in the database alone, without a request.
    """
    parts = urlsplit(address)
    path = parts.path or "/"
    match = None
    for candidate in (unquote(path), f"{unquote(path)}/"):
        with suppress(Resolver404):
            match = match or resolve(candidate)
    name = match.url_name if match else ""
    if name == "wagtaildocs_serve":
        return {"document_id": id_from(match.args[0])}
    if match and name not in {"wagtail_serve", "a_to_z"}:
        return {}
    if name == "a_to_z":
        path = f"/{match.kwargs['section_path']}/"
    if page_id := _page_at(parts._replace(path=path).geturl()) or _page_at(path):
        return {"target_page_id": page_id}
    old_path = Redirect.normalise_path(unquote(path))
    redirect = Redirect.objects.filter(old_path=old_path).order_by("-site").first()
    if redirect is None:
        return {"site_path": path}
    # A redirect to a URL is not checked.
    page_id = redirect.redirect_page_id
    return {"target_page_id": page_id} if page_id else {}


def _page_at(address: str) -> int | None:
    url_path = url_path_at(address)
    if not url_path or "\0" in url_path:
        return None
    # The slug has an index, which the whole path has not.
    slug = url_path.rstrip("/").rpartition("/")[2]
    found = Page.objects.filter(slug=slug, url_path=url_path)
    return found.values_list("pk", flat=True).first()


def resolve_targets(limit: int = 50) -> None:
    """Resolve broken internal links again, as there may be a page by now."""
    for link in PageLink.objects.exclude(site_path="").order_by("?")[:limit]:
        target = find_target(link.site_path)
        if target.get("site_path"):
            continue
        found = PageLink.objects.filter(pk=link.pk)
        if target:
            found.update(site_path="", **target)
        else:
            found.delete()


class Problem(models.TextChoices):
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
    shown = Q(page__live=True) & (Q(page__expire_at=None) | Q(page__expire_at__gt=at))
    for model, still_visible in LINK_SOURCES.items():
        kind = ContentType.objects.get_for_model(model)
        shown |= Q(content_type=kind, object_id__in=still_visible(at).values("pk"))
    problems = _links_with_problems(at)
    first, *others = problems.values()
    whens = (When(pk__in=ids, then=Value(name)) for name, ids in problems.items())
    problem = Case(*whens, output_field=models.CharField())
    links = PageLink.objects.filter(shown, pk__in=first.union(*others))
    return links.annotate(problem=problem)


def broken_links_for(user: AbstractBaseUser, at: datetime) -> QuerySet[PageLink]:
    own = PagePermissionPolicy().instances_user_has_permission_for(user, "change")
    # Asked of each link, so that no database begins with all the pages instead.
    may_edit = Q(Exists(own.filter(pk=OuterRef("page_id"))))
    for model in LINK_SOURCES:
        if ModelPermissionPolicy(model).user_has_permission(user, "change"):
            may_edit |= Q(content_type=ContentType.objects.get_for_model(model))
    return broken_links(at).filter(may_edit)


def _links_with_problems(at: datetime) -> dict[Problem, QuerySet]:
    """Return the ids of the links with each problem, the most important first.

    Each has an index of its own; a single condition would use none, and take seconds
    with many thousands of links.
    """
    links = PageLink.objects.order_by().values("pk")
    page_exists = Exists(Page.objects.filter(pk=OuterRef("target_page_id")))
    documents = get_document_model().objects
    document_exists = Exists(documents.filter(pk=OuterRef("document_id")))
    private_files = documents.filter(collection__in=restricted_collections())
    private = Q(pk=None)
    restrictions = PageViewRestriction.objects.all()
    rows = restrictions.values_list("page__path", "page__aliases__path")
    for path in {path for row in rows for path in row if path}:
        private |= Q(path__range=(path, Page._get_children_path_interval(path)[1]))
    is_for_all = Q(page=None) | Exists(public_pages().filter(pk=OuterRef("page_id")))

    def to_pages(*conditions: Q) -> QuerySet:
        pages = Page.objects.filter(*conditions).order_by()
        return links.filter(target_page__in=pages.values("pk"))

    problems = {
        Problem.DELETED: links.filter(~page_exists, target_page__isnull=False),
        Problem.EXPIRED: to_pages(Q(expired=True, live=False) | Q(expire_at__lte=at)),
        Problem.NOT_PUBLISHED: to_pages(Q(live=False)),
        Problem.PRIVATE: to_pages(private).filter(is_for_all),
        Problem.FILE_DELETED: links.filter(~document_exists, document__isnull=False),
        Problem.FILE_PRIVATE: links.filter(
            is_for_all, document__in=private_files.values("pk")
        ),
        Problem.NOWHERE: links.exclude(site_path=""),
    }
    if settings.CHECK_EXTERNAL_LINKS:
        problems[Problem.OTHER_SITE] = links.filter(external__is_broken=True)
    return problems
