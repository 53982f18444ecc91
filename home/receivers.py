"""What follows the changes of pages: content version, change notes, image sizes."""

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import Signal, receiver
from wagtail.models import Page, Revision
from wagtail.signals import page_published, post_page_move

from home.content.walker import Kind, walk
from home.content_version import bump_content_version, only_internal_fields
from home.images.renditions import LIBRARY_SHAPES, make_shapes_after_commit
from home.page_tree.addresses import addresses_changed
from home.page_tree.visibility import page_visibility_changed

# Sent in the transaction that saves a live page of ours, with all that belongs to it.
live_page_saved = Signal()
# Sent when a draft of a page of ours has been saved.
draft_saved = Signal()


@receiver(post_save)
def bump_version_on_save(sender, instance, raw=False, update_fields=None, **kwargs):
    is_public = isinstance(instance, Page) and instance.live
    if is_public and not raw and not only_internal_fields(update_fields):
        bump_content_version()


@receiver(post_save, sender=Revision)
def bump_version_on_schedule(sender, instance, raw=False, **kwargs):
    if instance.approved_go_live_at and not raw:
        bump_content_version()


@receiver(page_visibility_changed)
def bump_version_when_visibility_changes(sender, was_public, is_public, **kwargs):
    if was_public != is_public:
        bump_content_version(is_removal=was_public)


@receiver([post_page_move, addresses_changed])
def bump_version_when_addresses_change(sender, **kwargs):
    bump_content_version()


@receiver(page_published)
def write_change_note(sender, instance, revision, alias=False, **kwargs):
    """Store the note once: the signal is sent again for each alias of the page."""
    if alias:
        return
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


@receiver([live_page_saved, draft_saved])
def make_shapes_of_page(sender, instance, **kwargs):
    images = [part.value for part in walk(instance) if part.kind is Kind.IMAGE]
    image_ids = [instance.picture_id, *(image.pk for image in images)]
    make_shapes_after_commit(image_ids, *LIBRARY_SHAPES)
