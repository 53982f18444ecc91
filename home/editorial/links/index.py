"""The index of links on live pages and in other objects."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from hashlib import sha256
from urllib.parse import urldefrag, urlsplit

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from modelcluster.fields import ParentalKey
from modelcluster.models import get_all_child_relations
from wagtail.documents import get_document_model
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.signals import page_unpublished, published, unpublished

from home.content.walker import FoundLink, link_to, short_text, walk
from home.editorial.links.internal_urls import find_target, is_own_address
from home.editorial.links.models import ExternalLink, PageLink
from home.receivers import live_page_saved

# Models other than pages that have links, and which objects readers see at a time.
LINK_SOURCES: dict[type[models.Model], Callable[[datetime], models.QuerySet]] = {}


def register_link_source(
    model: type[models.Model], still_visible: Callable[[datetime], models.QuerySet]
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
    external_ids = _external_ids(addresses)
    source, rows = _source(instance), []
    for link, target in found.items():
        if address := target.pop("address", None):
            target["external_id"] = external_ids[address]
        if target:
            rows.append(PageLink(**source, text=link.text, **target))
    PageLink.objects.filter(**source).delete()
    PageLink.objects.bulk_create(rows)


def _links_in(instance: models.Model) -> Iterator[FoundLink]:
    """Yield the links in an object's fields and in its child objects."""
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
        if _may_hold_links(relation.related_model):
            for row in getattr(instance, relation.get_accessor_name()).all():
                yield from _links_in(row)


@cache
def _may_hold_links(model: type[models.Model]) -> bool:
    kinds = (models.URLField, RichTextField, StreamField)
    return any(
        isinstance(field, kinds) or _is_choice_of_target(field)
        for field in model._meta.get_fields()
    )


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
    if is_own_address(address):
        return find_target(address)
    if address.lower().startswith(("http:", "https:")):
        return {"address": urldefrag(address).url}
    return {}


def _external_ids(addresses: set[str]) -> dict[str, int]:
    """Return the id of each external URL, in one query.

    They are sorted and updated, so that concurrent transactions neither delete them nor
    deadlock.
    """
    rows = [
        ExternalLink(
            address=address,
            address_hash=sha256(address.encode()).hexdigest(),
            host=_host(address),
        )
        for address in sorted(addresses)
    ]
    stored = ExternalLink.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["address_hash"],
        update_fields=["address"],
    )
    return {row.address: row.pk for row in stored}


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "")[:255]
    except ValueError:
        return ""


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
