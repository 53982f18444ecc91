"""Sections and partnership pages."""

from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import MultiFieldPanel, PageChooserPanel
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page
from wagtail.search import index

from community.models.subscriptions import SubscriberCountPanel
from home.blocks import TEXT_FEATURES, BodyBlock
from home.content.drafts import InlinePanel, MultipleChooserPanel
from home.content.fields import (
    EmailAddressField,
    LosslessStreamField,
    validate_phone_number,
    validate_web_address,
)
from home.pages import BasePage


class RelatedPage(Orderable):
    """A link between two partnerships or policies, made on one and shown on both."""

    page = ParentalKey(Page, on_delete=models.CASCADE, related_name="related_pages")
    related_page = models.ForeignKey(
        Page, on_delete=models.CASCADE, related_name="related_from"
    )

    class Meta(Orderable.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["page", "related_page"], name="community_relatedpage_once"
            )
        ]

    def __str__(self):
        return f"{self.page} – {self.related_page}"


related_pages_panel = MultipleChooserPanel(
    "related_pages",
    chooser_field_name="related_page",
    panels=[
        PageChooserPanel(
            "related_page", ["community.PartnershipPage", "community.PolicyUpdatePage"]
        )
    ],
    heading="Linked partnerships and policies",
    label="Link",
    help_text="Partnerships and policies related to this page. The link is shown on "
    "both pages, so add it to only one of them.",
)


class CommunityIndexPage(BasePage):
    strapline = models.CharField(
        max_length=150,
        blank=True,
        help_text="A short line under the heading, such as 'Big plans for helping our "
        "communities prosper'.",
    )
    introduction = RichTextField(
        blank=True,
        features=TEXT_FEATURES,
        help_text="A few paragraphs about this section.",
    )
    body = LosslessStreamField(
        BodyBlock(),
        blank=True,
        help_text="More content, shown below the list of pages.",
    )

    content_panels = [
        *BasePage.lead_panels,
        "strapline",
        "introduction",
        "body",
        *BasePage.closing_panels,
    ]
    promote_panels = [*BasePage.promote_panels, SubscriberCountPanel()]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("strapline"),
        index.SearchField("introduction"),
        index.SearchField("body"),
    ]

    parent_page_types = ["home.HomePage", "community.CommunityIndexPage"]
    subpage_types = [
        "community.CommunityIndexPage",
        "community.PartnershipPage",
        "community.PolicyUpdatePage",
        "home.StandardPage",
    ]
    public_kind = "Section"
    page_description = "A section that introduces and lists the pages below it."

    class Meta:
        verbose_name = "section"


class PartnershipPage(BasePage):
    body = LosslessStreamField(BodyBlock(), blank=True)
    get_involved = RichTextField(
        "how to get involved",
        blank=True,
        features=TEXT_FEATURES,
        help_text="How residents and groups can take part.",
    )
    website = models.URLField(
        blank=True,
        validators=[validate_web_address],
        help_text="The partnership's own website, if it has one.",
    )
    lead_officer = models.CharField(
        max_length=100,
        blank=True,
        help_text="The council officer who leads this partnership.",
    )
    contact_email = EmailAddressField("email", blank=True)
    contact_phone = models.CharField(
        "phone", max_length=50, blank=True, validators=[validate_phone_number]
    )

    content_panels = [
        *BasePage.lead_panels,
        "body",
        InlinePanel("partners", heading="Partners", label="Partner"),
        "get_involved",
        MultiFieldPanel(
            ["website", "lead_officer", "contact_email", "contact_phone"],
            heading="Contact",
        ),
        related_pages_panel,
        *BasePage.closing_panels,
    ]
    promote_panels = [*BasePage.promote_panels, SubscriberCountPanel()]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("body"),
        index.SearchField("get_involved"),
        index.SearchField("lead_officer"),
        index.RelatedFields("partners", [index.SearchField("name")]),
    ]

    parent_page_types = ["community.CommunityIndexPage"]
    subpage_types = []
    public_kind = "Partnership"
    page_description = (
        "Organisations that work together, who they are and how to get involved."
    )

    class Meta:
        verbose_name = "partnership page"


class Partner(Orderable):
    page = ParentalKey(
        PartnershipPage, on_delete=models.CASCADE, related_name="partners"
    )
    name = models.CharField(max_length=120)
    website = models.URLField(blank=True, validators=[validate_web_address])
    logo = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Shown next to the name, so the logo does not need alt text.",
    )

    panels = ["name", "website", "logo"]

    def __str__(self):
        return self.name
