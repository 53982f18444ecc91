"""The abstract page that all page types build on."""

from collections.abc import Collection
from copy import copy
from datetime import datetime
from http import HTTPMethod

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Length, Substr
from django.forms.models import construct_instance
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet
from wagtail.search import index

from home.admin_requests import ExplorableChoicesMixin
from home.caching import mark_cacheable
from home.content.dates import ExactTimesMixin, months_after
from home.content.drafts import DraftFormMixin, require_ready
from home.content.fields import EmailAddressField
from home.content_version import next_change_of
from home.page_tree.addresses import paths_down_to, site_root
from home.page_tree.lock import TreeLockMixin
from home.receivers import draft_saved, live_page_saved

# Used by the site's own views below a section.
RESERVED_SLUGS = frozenset({"a-to-z"})
SLUG_HELP = (
    "The last part of the page's web address, such as 'bin-collections'. Use lowercase "
    "letters, numbers and hyphens."
)


def public_pages() -> PageQuerySet:
    """Return the live pages that are not private, nor below a private page."""
    path = OuterRef("path")
    restriction_above = PageViewRestriction.objects.filter(
        Q(page__path=Substr(path, 1, Length("page__path")))
        # An alias is as private as the page that it mirrors.
        | Q(page__aliases__path=Substr(path, 1, Length("page__aliases__path")))
    )
    return Page.objects.live().filter(~Exists(restriction_above))


def visible_pages(at: datetime) -> PageQuerySet:
    """Return the pages that any visitor may see.

    An expired page is not, whether or not the scheduled job has run yet. All public
    listings start here.
    """
    return public_pages().filter(unexpired(at))


def get_visible_page_or_404(request: HttpRequest, model: type[Page], path: str) -> Page:
    root = site_root(request)
    if root is None:
        raise Http404("There is no site yet.")
    pages = model.objects.filter(pk__in=visible_pages(timezone.now()))
    return get_object_or_404(pages, url_path=f"{root.url_path}{path}/")


def unexpired(at: datetime) -> Q:
    return Q(expire_at=None) | Q(expire_at__gt=at)


def is_published(page: Page, at: datetime) -> bool:
    """Return whether the page can be opened, publicly or with its password."""
    return page.live and (page.expire_at is None or page.expire_at > at)


class BasePageForm(ExplorableChoicesMixin, DraftFormMixin, WagtailAdminPageForm):
    """The editor's form: lenient with drafts, strict with publications."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.has_unpublished_changes:
            # The last note belongs to what is published; the next edit has its own.
            self.initial["change_note"] = ""
            self.initial["minor_edit"] = False
        if not self.instance.review_on and not self.instance.first_published_at:
            self.initial["review_on"] = months_after(timezone.localdate(), 12)

    def clean(self):
        data = super().clean()
        if data.get("slug") in RESERVED_SLUGS:
            self.add_error(
                "slug", "The website already uses this address. Choose another."
            )
        for name, text in self._find_gaps().items():
            if name in self.fields and name not in self.errors:
                # With this code, drafts are checked too.
                self.add_error(name, ValidationError(text, code="required"))
        return data

    def _find_gaps(self) -> dict[str, str]:
        before = self.instance
        if self.is_deferred_validation and not before.workflow_in_progress:
            return {}
        gaps = construct_instance(self, copy(before)).find_gaps_for_publishing()
        if self.is_deferred_validation:
            # A moderator need not fill in what the author left out.
            return {name: gaps[name] for name in {"change_note"} & gaps.keys()}
        return gaps


class BasePage(ExactTimesMixin, TreeLockMixin, Page):
    # Forms have addresses of their own, so a page is never rendered for a POST.
    allowed_http_methods = (HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS)

    summary = models.CharField(
        max_length=200,
        blank=True,
        help_text="One or two plain sentences that say what the page is for. Shown at "
        "the top of the page, on cards and in search results.",
    )
    search_words = models.CharField(
        "search keywords",
        max_length=500,
        blank=True,
        help_text="Words that people search for but that are not on the page, such as "
        "'skint' or 'handouts'. Separate them with commas. They are not shown on the "
        "page.",
    )
    picture = models.ForeignKey(
        "wagtailimages.Image",
        verbose_name="image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Shown at the top of the page, on cards and when people share the "
        "page. Use an image at least 1,440 pixels wide. Set its alt text and focal "
        "point when you edit the image.",
    )
    review_on = models.DateField(
        "next review",
        null=True,
        blank=True,
        help_text="When someone should check that this page is still accurate.",
    )
    owner_name = models.CharField(
        "content owner",
        max_length=100,
        blank=True,
        help_text="The person or team responsible for this page. They do not need an "
        "account.",
    )
    owner_email = EmailAddressField(
        "content owner's email address",
        blank=True,
        help_text="Used for review reminders. Not shown on the website.",
    )
    change_note = models.CharField(
        "what changed for readers?",
        max_length=300,
        blank=True,
        help_text="Shown in the page history with the date you publish, for example "
        "'Added the new opening hours'.",
    )
    minor_edit = models.BooleanField(
        "minor edit",
        default=False,
        help_text="Select this for small corrections, such as a spelling mistake or "
        "broken link. Nothing is added to the page history.",
    )

    # Search ranks older notices lower, but not other pages.
    is_notice = False
    # The day on which the page was replaced or withdrawn.
    superseded_on = None
    # The date and datetime fields at which the page itself changes for readers.
    changes_by_clock = ("expire_at",)

    base_form_class = BasePageForm
    # A copy has a history of its own.
    exclude_fields_in_copy = ["change_note", "minor_edit"]

    search_fields = [
        *Page.search_fields,
        index.SearchField("summary", boost=2),
        index.SearchField("search_words", boost=2),
        index.FilterField("review_on"),
    ]

    lead_panels = [*Page.content_panels, FieldPanel("summary")]
    closing_panels = [
        FieldPanel("picture"),
        MultiFieldPanel(
            [FieldPanel("change_note"), FieldPanel("minor_edit")],
            heading="What changed for readers?",
        ),
    ]
    content_panels = [*lead_panels, *closing_panels]
    promote_panels = [
        MultiFieldPanel(
            [
                FieldPanel("slug", heading="Page address", help_text=SLUG_HELP),
                FieldPanel("seo_title", heading="Title for search engines"),
                FieldPanel("show_in_menus"),
                FieldPanel("search_words"),
            ],
            heading="Search and menus",
        ),
        MultiFieldPanel(
            [
                FieldPanel("owner_name"),
                FieldPanel("owner_email"),
                FieldPanel("review_on"),
            ],
            heading="Ownership and review",
        ),
    ]

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        with transaction.atomic():
            result = super().save(*args, **kwargs)
            if self.live and not kwargs.get("update_fields"):
                live_page_saved.send(sender=type(self), instance=self)
        return result

    def find_gaps_for_publishing(self) -> dict[str, str]:
        """Return what is missing, by field: a review date (P6) or what changed (P5)."""
        gaps = {}
        if not self.review_on:
            gaps["review_on"] = (
                "Enter the date when someone should check that this page is still "
                "accurate, usually a year from now."
            )
        is_silent = not self.change_note and not self.minor_edit
        if self.first_published_at and is_silent:
            gaps["change_note"] = (
                "Say what changed for readers, or select 'Minor edit'."
            )
        return gaps

    def publish(self, revision, user=None, **kwargs):
        require_ready(revision.as_object(), user)
        return super().publish(revision, user=user, **kwargs)

    def save_revision(self, *args, **kwargs):
        revision = super().save_revision(*args, **kwargs)
        draft_saved.send(sender=type(self), instance=self)
        return revision

    def route(self, request, path_components):
        """Find a page by one query, not two a level, unless it has expired."""
        if path_components:
            url_path = f"{self.url_path}{'/'.join(path_components)}/"
            # Only the slug has an index.
            found = Page.objects.filter(slug=path_components[-1], url_path=url_path)
            row = found.values_list("pk", "content_type_id").first()
            if row is None:
                raise Http404("There is no page at this path.")
            pk, content_type_id = row
            model = ContentType.objects.get_for_id(content_type_id).model_class()
            return (model or Page).objects.get(pk=pk).route(request, [])
        if not is_published(self, timezone.now()):
            raise Http404("The page is a draft, or has expired.")
        return super().route(request, [])

    @classmethod
    def get_card_labels(cls, ids: Collection[int], at: datetime) -> dict[int, str]:
        """Return labels, such as "Consultation open", by page id."""
        return {}

    def serve(self, request, *args, **kwargs):
        response = super().serve(request, *args, **kwargs)
        if not self.live or getattr(request, "is_preview", False):
            return response
        changes_at = next_change_of(self, timezone.now(), *self.changes_by_clock)
        return mark_cacheable(response, changes_at)

    def serve_password_required_response(self, request, form, action_url):
        context = {"form": form, "action_url": action_url}
        template = settings.WAGTAIL_PASSWORD_REQUIRED_TEMPLATE
        return TemplateResponse(request, template, context)

    def get_view_restrictions(self):
        paths = paths_down_to(self.path)
        return PageViewRestriction.objects.filter(
            Q(page__path__in=paths) | Q(page__aliases__path__in=paths)
        ).distinct()
