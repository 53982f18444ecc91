"""Home page, standard page, site settings, and the notes of what changed."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from modelcluster.fields import ParentalKey
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page
from wagtail.search import index

from home.blocks import INLINE_FEATURES, BodyBlock, PhoneNumberBlock, WebAddressBlock
from home.content.streams import KeepingStreamBlock, KeepingStreamField
from home.content.validators import phone_link, validate_phone_number
from home.content_version.counter import ContentVersion
from home.editorial.content_checks.issues import ContentCheckRun, ContentIssue
from home.editorial.drafts import MultipleChooserPanel
from home.editorial.editing_windows import EditingWindow
from home.editorial.links.models import ExternalLink, PageLink
from home.editorial.preview_links.models import PreviewLink
from home.editorial.reviews.models import PageReview, ReviewDigest
from home.email_addresses import EmailAddressField
from home.import_records import ImportedPage
from home.jobs import JobRun
from home.page_tree.page_permissions import HomePagePermissionTester
from home.pages import BasePage
from home.rate_limits import RateLimitHit

__all__ = [
    "ChangeNote",
    "ContentCheckRun",
    "ContentIssue",
    "ContentVersion",
    "EditingWindow",
    "ExternalLink",
    "HomePage",
    "ImportedPage",
    "JobRun",
    "PageLink",
    "PageReview",
    "PopularPage",
    "PreviewLink",
    "RateLimitHit",
    "ReviewDigest",
    "SiteSettings",
    "StandardPage",
]


class HomePage(BasePage):
    """The front door of the site."""

    introduction = RichTextField(
        blank=True,
        features=INLINE_FEATURES,
        help_text="Two or three sentences of welcome, above the list of sections.",
    )
    body = KeepingStreamField(BodyBlock(), blank=True)

    content_panels = [
        *BasePage.lead_panels,
        FieldPanel("introduction"),
        MultipleChooserPanel(
            "popular_pages",
            chooser_field_name="page",
            heading="Popular pages",
            label="Page",
            max_num=9,
            help_text="What most people come to the site for, so that they find it "
            "without searching. Up to nine, shown as cards near the top.",
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
    page_description = "The front door of the site. There is one."

    class Meta:
        verbose_name = "home page"

    def clean(self):
        """Refuse an end, at which all of the site would be gone."""
        super().clean()
        if self.expire_at:
            text = "The home page cannot expire: the whole site would go with it."
            raise ValidationError({"expire_at": text})

    def permissions_for_user(self, user):
        """Return what somebody may do with the page; also of a plain `Page` of it."""
        return HomePagePermissionTester(user, self)


class PopularPage(Orderable):
    """A page that the home page leads to directly."""

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
    """A page of text, such as the accessibility statement."""

    body = KeepingStreamField(BodyBlock(), blank=True)

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
        "A page of text, pictures and links. Use it for anything that is not a "
        "partnership or a policy."
    )

    class Meta:
        verbose_name = "standard page"


class ChangeNote(models.Model):
    """What changed for readers at one publication, in an officer's words (P5).

    Written by the system when a page is published, from what was typed there.
    """

    page = models.ForeignKey(
        Page, on_delete=models.CASCADE, related_name="change_notes"
    )
    note = models.CharField(max_length=300)
    published_at = models.DateTimeField(default=timezone.now)
    revision_id = models.PositiveBigIntegerField(unique=True, editable=False)

    class Meta:
        ordering = ["-published_at", "-pk"]
        # The latest of a section are read on each of its views.
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="home_changenote_newest")
        ]

    def __str__(self):
        return self.note


class SocialLinkBlock(blocks.StructBlock):
    """One of the council's places on another website."""

    label = blocks.CharBlock(max_length=40, help_text="For example 'Facebook'.")
    url = WebAddressBlock(label="Web address")

    class Meta:
        icon = "site"
        template = "blocks/social_link.html"
        description = "A link to the council's page on a social network."
        preview_value = {"label": "Facebook", "url": "https://example.gov.uk/facebook"}


@register_setting(icon="cog")
class SiteSettings(BaseSiteSetting):
    """What stands on every page: the council's name and how to reach it."""

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
        help_text="The main number for enquiries, at the foot of every page.",
    )
    email = EmailAddressField("email", blank=True)
    address = models.TextField(blank=True)
    footer_note = models.CharField(
        max_length=200,
        blank=True,
        help_text="A sentence at the very foot of every page.",
    )
    team_email = EmailAddressField(
        "communications team's email",
        blank=True,
        help_text="Hears of pages whose review is overdue or that have no content "
        "owner, and gets the owners' replies. Readers never see it. Left empty, all "
        "who may publish the home page are told.",
    )
    social_links = KeepingStreamField(
        KeepingStreamBlock([("link", SocialLinkBlock())]),
        blank=True,
        verbose_name="social networks",
    )
    emergency_numbers = KeepingStreamField(
        KeepingStreamBlock([("number", PhoneNumberBlock())]),
        blank=True,
        help_text="Shown on the page that says the site is out of order, so that "
        "people in an emergency can still call somebody.",
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

    @property
    def phone_href(self) -> str:
        """The `tel:` address of the main number."""
        return phone_link(self.phone)
