"""Decides what to do with each row that contains the email address."""

from enum import StrEnum

from django.contrib.contenttypes.models import ContentType
from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.contrib.settings.models import BaseSiteSetting
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page, Revision
from wagtail.snippets.models import get_snippet_models

from stockton_cms.operations.erasure.finder import Found

ACCOUNTS = {
    "account.EmailAddress",
    "account.EmailConfirmation",
    "auth.User",
    "mfa.Authenticator",
    "socialaccount.SocialAccount",
}
DELETED = {"community.Subscriber", "search.Enquiry", "sessions.Session"}
# Tables that follow a page and name it by `page_id`.
DERIVED_FROM_PAGE = {
    "community.PublishedVersion",
    "home.ChangeNote",
    "home.PageLink",
    "home.ContentIssue",
    "home.PageReview",
    "search.SearchDocument",
}
# Of these, what visitors read beside the page.
PUBLIC_SIDE_TABLES = {"community.PublishedVersion", "home.ChangeNote"}
# Belong to a page as its parts do, and are nothing that visitors see.
NOTES = {"wagtailcore.Comment", "wagtailcore.CommentReply"}


class ErasureAction(StrEnum):
    """What is done, as the report says it."""

    ACCOUNT = (
        "Not erased: an administrator must first delete the account in Settings, Users"
    )
    DELETED = "Deleted, with everything that belongs to it"
    REMOVED = "Address removed, the rest stays"
    SHOWN = "Not changed: it is public, so check whether it should be"
    FILE = "Not changed: upload the file again without the address"
    ALERT_HISTORY = "Not changed: alert history is a permanent record"
    LEFT = "Not erased because of an error: contact your site administrator"


class ErasurePolicy:
    """Decides for each of the rows that were found.

    What is part of the site stays unless `everywhere`, with its drafts and all that
    follows it.
    """

    def __init__(self, rows: list[Found], everywhere: bool):
        self._shown = set()
        if not everywhere:
            shown = [shown_object(row) for row in rows]
            self._shown = {_key(each) for each in shown if each}

    def action_for(self, row: Found) -> ErasureAction:
        label = row.model._meta.label
        if label in ACCOUNTS:
            return ErasureAction.ACCOUNT
        if label == "community.AlertHistoryEntry":
            return ErasureAction.ALERT_HISTORY
        if label == "search.SearchFile" or _is_in_file_name(row):
            return ErasureAction.FILE
        if label in DELETED and {"email", "session_data"} & {*row.fields}:
            return ErasureAction.DELETED
        return (
            ErasureAction.SHOWN
            if self._belongs_to_shown(row)
            else ErasureAction.REMOVED
        )

    def _belongs_to_shown(self, row: Found) -> bool:
        if not self._shown or row.model._meta.label in NOTES:
            return False
        owner = owner_of(row)
        return owner is not None and _key(owner) in self._shown


def _is_in_file_name(row: Found) -> bool:
    fields = [row.model._meta.get_field(name) for name in row.fields]
    return any(isinstance(field, models.FileField) for field in fields)


def _key(thing: models.Model) -> tuple[int, str]:
    """Return what Wagtail knows an object by, whichever of its classes it has."""
    concrete = Page if isinstance(thing, Page) else type(thing)
    return ContentType.objects.get_for_model(concrete).pk, str(thing.pk)


def owner_of(row: Found) -> models.Model | None:
    """Return the page, alert or setting that a row belongs to, if it does to any."""
    thing = row.model._base_manager.filter(pk=row.pk).first()
    if isinstance(thing, Revision):
        return thing.content_object
    if row.model._meta.label in DERIVED_FROM_PAGE:
        return Page.objects.filter(pk=thing.page_id).first()
    for field in row.model._meta.local_concrete_fields:
        if isinstance(field, ParentalKey):
            return getattr(thing, field.name)
    return thing


def shown_object(row: Found) -> models.Model | None:
    """Return what visitors see and a row belongs to; None for what they do not see."""
    if row.model is Revision or row.model._meta.label in DERIVED_FROM_PAGE | NOTES:
        return None
    owner = owner_of(row)
    kinds = (
        Page,
        BaseSiteSetting,
        get_image_model(),
        get_document_model(),
        *get_snippet_models(),
    )
    is_shown = isinstance(owner, kinds) and getattr(owner, "live", True)
    return owner if is_shown else None
