"""The abstract page that all of the site's page types build on."""

from datetime import datetime
from functools import cache

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Length, Substr
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils import timezone
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet
from wagtail.search import index

from home.admin_requests import OfferedOnlyMixin
from home.content.dates import ExactTimesMixin, months_after
from home.content_version.caching import mark_cacheable
from home.content_version.counter import next_moment_of
from home.content_version.receivers import draft_saved, live_page_saved
from home.editorial.drafts import DraftFormMixin
from home.editorial.readiness import refuse_unready
from home.email_addresses import EmailAddressField
from home.page_tree.lock import TreeLockMixin

# The site itself answers at these addresses below a section.
RESERVED_SLUGS = frozenset({"a-to-z"})
SLUG_HELP = (
    "The last part of the page's web address, such as 'bin-collections'. Use lowercase "
    "letters, numbers and hyphens."
)


@cache
def _public_pages() -> PageQuerySet:
    """Return the queryset of `public_pages`, put together once for every page view."""
    path = OuterRef("path")
    restriction_above = PageViewRestriction.objects.filter(
        Q(page__path=Substr(path, 1, Length("page__path")))
        # An alias is as private as the page that it mirrors.
        | Q(page__aliases__path=Substr(path, 1, Length("page__aliases__path")))
    )
    return Page.objects.live().filter(~Exists(restriction_above))


def public_pages() -> PageQuerySet:
    """Return the live pages that neither they nor a page above them makes private."""
    return _public_pages().all()


def visible_pages(at: datetime) -> PageQuerySet:
    """Return the pages that any visitor may see at this moment.

    An expired page is gone, whether or not the scheduled job has run yet. All public
    listings start here.
    """
    return public_pages().filter(Q(expire_at=None) | Q(expire_at__gt=at))


def is_published(page: Page, at: datetime) -> bool:
    """Say whether there is a page at its address at this moment, private or not."""
    return page.live and (page.expire_at is None or page.expire_at > at)


class BasePageForm(OfferedOnlyMixin, DraftFormMixin, WagtailAdminPageForm):
    """The editor's form: a draft keeps whatever is there, a publication is asked."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.has_unpublished_changes:
            # The last note belongs to what is published; the next edit has its own.
            self.initial["change_note"] = ""
            self.initial["minor_edit"] = False
        if not self.instance.review_on and not self.instance.first_published_at:
            self.initial["review_on"] = months_after(timezone.localdate(), 12)

    def clean(self):
        """Ask before a publication for what readers and colleagues would miss."""
        data = super().clean()
        if data.get("slug") in RESERVED_SLUGS:
            self.add_error(
                "slug", "The website already uses this address. Choose another."
            )
        for name, text in self._find_gaps(data).items():
            if name in self.fields and name not in self.errors:
                # By this code a draft does not put it off.
                self.add_error(name, ValidationError(text, code="required"))
        return data

    def _find_gaps(self, data) -> dict[str, str]:
        before = self.instance
        if self.is_deferred_validation and not before.workflow_in_progress:
            return {}
        columns = {field.name for field in before._meta.concrete_fields}
        page = self._meta.model(
            **{"first_published_at": before.first_published_at}
            | {name: data[name] for name in columns & data.keys()}
        )
        gaps = page.find_gaps_for_publishing()
        if self.is_deferred_validation:
            # Who approves it is not asked for what its author took out.
            return {name: gaps[name] for name in {"change_note"} & gaps.keys()}
        return gaps


class BasePage(ExactTimesMixin, TreeLockMixin, Page):
    """What every page has, whatever it is about."""

    summary = models.CharField(
        max_length=200,
        blank=True,
        help_text="One or two plain sentences that say what the page is for. Shown on "
        "cards, at the top of the page and in search results.",
    )
    search_words = models.CharField(
        "words residents use",
        max_length=500,
        blank=True,
        help_text="Words that people type when they look for this page but that are "
        "not on it, such as 'skint' or 'handouts'. Separate them with commas. "
        "Search uses them; readers do not see them.",
    )
    picture = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Shown at the top of the page, on cards, and where people share the "
        "page. At least 1,440 pixels wide is best. What it tells, and what must not be "
        "cut off, you say in the picture itself: its description and focal area.",
    )
    review_on = models.DateField(
        "next review",
        null=True,
        blank=True,
        help_text="The day by which somebody should check that this is still true.",
    )
    owner_name = models.CharField(
        "content owner",
        max_length=100,
        blank=True,
        help_text="The person or team who knows whether this page is true. They need "
        "no account here.",
    )
    owner_email = EmailAddressField(
        "content owner's email",
        blank=True,
        help_text="Where to ask when the page is due for review. Readers never see it.",
    )
    change_note = models.CharField(
        "what changed for readers?",
        max_length=300,
        blank=True,
        help_text="Shown with today's date under 'Page history' when you publish, for "
        "example 'Added the new opening hours'.",
    )
    minor_edit = models.BooleanField(
        "minor edit",
        default=False,
        help_text="Tick this for a spelling mistake or a mended link. Readers are told "
        "nothing.",
    )

    # Search lets a notice lose weight as it ages; a standing page does not.
    is_notice = False
    # The day from which the page is history: replaced or withdrawn.
    superseded_on = None
    # The dates and moments at which the page itself changes for readers.
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
                FieldPanel("search_words", heading="Search keywords"),
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
        """Save the page; tell those who follow public content, in the transaction."""
        with transaction.atomic():
            result = super().save(*args, **kwargs)
            if self.live and not kwargs.get("update_fields"):
                live_page_saved.send(sender=type(self), instance=self)
        return result

    def find_gaps_for_publishing(self) -> dict[str, str]:
        """Return what an officer has to fill in before publishing, by its field.

        A review date (P6), and to publish again a note or the tick (P5).
        """
        gaps = {}
        if not self.review_on:
            gaps["review_on"] = (
                "Choose the day by which somebody should check that this page is still "
                "true. A year from now is usual."
            )
        is_silent = not self.change_note and not self.minor_edit
        if self.first_published_at and is_silent:
            gaps["change_note"] = (
                "Say what changed for readers, or tick 'Minor edit' below."
            )
        return gaps

    def publish(self, revision, user=None, **kwargs):
        """Publish or schedule a draft that is ready."""
        refuse_unready(revision.as_object(), user)
        return super().publish(revision, user=user, **kwargs)

    def save_revision(self, *args, **kwargs):
        """Save a draft; tell those who prepare what it will show."""
        revision = super().save_revision(*args, **kwargs)
        draft_saved.send(sender=type(self), instance=self)
        return revision

    def route(self, request, path_components):
        """Find the page for a path; a page is gone at the second that it expires.

        Wagtail goes down the tree with two queries a level; a path needs one.
        """
        if path_components:
            url_path = f"{self.url_path}{'/'.join(path_components)}/"
            # The slug has an index, which the whole path has not.
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

    def serve(self, request, *args, **kwargs):
        """Serve the page; those who may not see it have been turned away before."""
        response = super().serve(request, *args, **kwargs)
        if not self.live or getattr(request, "is_preview", False):
            return response
        changes_at = next_moment_of(self, timezone.now(), *self.changes_by_clock)
        return mark_cacheable(response, changes_at)

    def serve_password_required_response(self, request, form, action_url):
        """Ask for the password without a word about the page behind it."""
        context = {"form": form, "action_url": action_url}
        template = settings.WAGTAIL_PASSWORD_REQUIRED_TEMPLATE
        return TemplateResponse(request, template, context)

    def get_view_restrictions(self):
        """Return the restrictions of this page and of those above it, in one query."""
        lengths = range(self.steplen, len(self.path) + 1, self.steplen)
        paths = [self.path[:length] for length in lengths]
        return PageViewRestriction.objects.filter(
            Q(page__path__in=paths) | Q(page__aliases__path__in=paths)
        ).distinct()
