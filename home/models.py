"""Home page, standard page, change notes and site settings."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page, PagePermissionTester
from wagtail.search import index

# Their models belong to this app, too.
from home import content_version, jobs, rate_limits  # noqa: F401
from home.blocks import INLINE_FEATURES, BodyBlock
from home.content.drafts import MultipleChooserPanel
from home.content.fields import (
    EmailAddressField,
    LosslessStreamBlock,
    LosslessStreamField,
    validate_phone_number,
)
from home.content.link_blocks import PhoneNumberBlock, SocialLinkBlock
from home.editorial import models as editorial_models  # noqa: F401

# Here, so that emails go before what other long jobs do.
from home.notifications import sending  # noqa: F401
from home.pages import BasePage


class HomePagePermissionTester(PagePermissionTester):
    """Lets only administrators delete, unpublish or hide the home page.

    Deleting it deletes every page and Wagtail's record of the site; unpublished or
    private, the whole site is unavailable. Moving follows deleting.
    """

    def can_delete(self, ignore_bulk=False):
        return self.user.is_superuser and super().can_delete(ignore_bulk)

    def can_unpublish(self):
        return self.user.is_superuser and super().can_unpublish()

    def can_set_view_restrictions(self):
        return self.user.is_superuser and super().can_set_view_restrictions()


class HomePage(BasePage):
    introduction = RichTextField(
        blank=True,
        features=INLINE_FEATURES,
        help_text="Two or three sentences of welcome, above the list of sections.",
    )
    body = LosslessStreamField(BodyBlock(), blank=True)

    content_panels = [
        *BasePage.lead_panels,
        FieldPanel("introduction"),
        MultipleChooserPanel(
            "popular_pages",
            chooser_field_name="page",
            heading="Popular pages",
            label="Page",
            max_num=9,
            help_text="What most people come to the website for. Up to nine pages, "
            "shown as cards near the top.",
        ),
        FieldPanel("body"),
        *BasePage.closing_panels,
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("introduction"),
        index.SearchField("body"),
    ]

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["community.CommunityIndexPage", "home.StandardPage"]
    max_count = 1
    public_kind = "Home"
    page_description = "The home page. Only one can exist."

    class Meta:
        verbose_name = "home page"

    def clean(self):
        super().clean()
        if self.expire_at:
            text = (
                "The home page cannot expire: the whole website would be unavailable."
            )
            raise ValidationError({"expire_at": text})

    def permissions_for_user(self, user):
        """Return what a user may do with the page; also called on its plain `Page`."""
        return HomePagePermissionTester(user, self)


class PopularPage(Orderable):
    home_page = ParentalKey(
        HomePage, on_delete=models.CASCADE, related_name="popular_pages"
    )
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")

    panels = [FieldPanel("page")]

    class Meta(Orderable.Meta):
        pass

    def __str__(self):
        return str(self.page)


class StandardPage(BasePage):
    body = LosslessStreamField(BodyBlock(), blank=True)

    content_panels = [
        *BasePage.lead_panels,
        FieldPanel("body"),
        *BasePage.closing_panels,
    ]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    parent_page_types = ["home.HomePage", "community.CommunityIndexPage"]
    subpage_types = []
    public_kind = "Information"
    page_description = (
        "Text, images and links. Use it for anything that is not a partnership or "
        "policy."
    )

    class Meta:
        verbose_name = "standard page"


class ChangeNote(models.Model):
    """What changed for readers at one publication, in the editor's words (P5)."""

    page = models.ForeignKey(
        Page, on_delete=models.CASCADE, related_name="change_notes"
    )
    note = models.CharField(max_length=300)
    published_at = models.DateTimeField(default=timezone.now)
    revision_id = models.PositiveBigIntegerField(unique=True, editable=False)

    class Meta:
        ordering = ["-published_at", "-pk"]
        # Each view of a section reads its latest change notes.
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="home_changenote_newest")
        ]

    def __str__(self):
        return self.note


class ImportedPage(models.Model):
    """A page that an import has made, so that the next import finds it again.

    The row outlives the page: pages that editors have deleted do not come back.
    """

    # The section's id and the page's name in the source.
    source_key = models.CharField(max_length=500, unique=True)
    page = models.ForeignKey(
        Page, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # The import's last revision; if the page has another, an editor changed it. This is
    # 0, and the hash empty, until the page that was made is filled.
    revision_id = models.PositiveBigIntegerField()
    content_hash = models.CharField(max_length=64)

    wagtail_reference_index_ignore = True

    def __str__(self):
        return self.source_key


@register_setting(icon="cog")
class SiteSettings(BaseSiteSetting):
    council_name = models.CharField(
        max_length=100, default="Stockton-on-Tees Borough Council"
    )
    strapline = models.CharField(
        max_length=150,
        default="Big plans for helping our communities prosper",
        help_text="Shown under the council's name on the home page.",
    )
    phone = models.CharField(
        max_length=50,
        blank=True,
        validators=[validate_phone_number],
        help_text="Main phone number, shown in the footer.",
    )
    email = EmailAddressField("email address", blank=True)
    address = models.TextField(blank=True)
    footer_note = models.CharField(
        max_length=200,
        blank=True,
        help_text="A sentence at the end of the footer.",
    )
    team_email = EmailAddressField(
        "communications team's email address",
        blank=True,
        help_text="Receives reminders about overdue page reviews and pages without a "
        "content owner, and replies from content owners. Not shown on the website. If "
        "empty, reminders go to everyone who can publish the home page.",
    )
    social_links = LosslessStreamField(
        LosslessStreamBlock([("link", SocialLinkBlock())]),
        blank=True,
        verbose_name="social networks",
    )
    emergency_numbers = LosslessStreamField(
        LosslessStreamBlock([("number", PhoneNumberBlock())]),
        blank=True,
        help_text="Shown when the website is unavailable, so that people can still get "
        "help in an emergency.",
    )

    panels = [
        MultiFieldPanel(
            [FieldPanel("council_name"), FieldPanel("strapline")], heading="Name"
        ),
        MultiFieldPanel(
            [FieldPanel("phone"), FieldPanel("email"), FieldPanel("address")],
            heading="Contact",
        ),
        FieldPanel("team_email"),
        FieldPanel("social_links"),
        FieldPanel("emergency_numbers"),
        FieldPanel("footer_note"),
    ]

    class Meta:
        verbose_name = "site settings"

    def __str__(self):
        return self.council_name
