"""What happens when a page changes: version, change note, pictures."""

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal, receiver
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished, post_page_move

from home.freshness import are_unseen, raise_content_version
from home.pictures import BANNER_SPEC, CARD_SPEC, make_rendition

# Sent in the transaction that saves a live page of ours, with all that belongs to it.
live_page_saved = Signal()


@receiver(post_save)
def raise_version_on_save(sender, instance, raw=False, update_fields=None, **kwargs):
    """Raise the content version when the public row of a page is written."""
    if raw or not isinstance(instance, Page) or not instance.live:
        return
    if not are_unseen(update_fields):
        raise_content_version()


@receiver(post_delete)
def raise_version_on_delete(sender, instance, **kwargs):
    """Raise the content version when a page that was public is deleted."""
    if isinstance(instance, Page) and instance.live:
        raise_content_version()


@receiver([page_unpublished, post_page_move])
def raise_version_on_page_event(sender, **kwargs):
    """Raise the content version when a page is taken down, moved or reordered."""
    raise_content_version()


@receiver(page_published)
def write_change_note(sender, instance, revision, **kwargs):
    """Keep what the officer said has changed, dated, once for each publication."""
    from_revision = revision.content.get("change_note", "") if revision else ""
    if from_revision and not revision.content.get("minor_edit"):
        with transaction.atomic():
            instance.change_notes.get_or_create(
                revision_id=revision.pk,
                defaults={
                    "note": from_revision,
                    "published_at": instance.last_published_at,
                },
            )


@receiver(live_page_saved)
def make_pictures(sender, instance, **kwargs):
    """Make the sizes of a page's picture, so that no visitor waits for them."""
    if instance.picture_id:
        for spec in (CARD_SPEC, BANNER_SPEC):
            make_rendition(instance.picture, spec)
