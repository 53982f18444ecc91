"""Blocks for links and contact details, and which links in rich text are public."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime

from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError, StructValue
from wagtail.documents import get_document_model
from wagtail.models import Page

from home.content.fields import (
    EmailAddressFormField,
    WebAddressField,
    validate_phone_number,
    web_link,
)
from home.content.walker import PLAIN_ID, FoundLink, Kind, Part, link_to, short_text
from home.images.renditions import restricted_collections
from home.pages import is_published, visible_pages

PREVIEW_PHONE = "01632 960000"


class UncheckedDraftMixin:
    """Accepts any text in a draft; it must be valid to be published."""

    field_class = None

    def __init__(self, required=True, help_text=None, **kwargs):
        super().__init__(required=required, help_text=help_text, **kwargs)
        if self.field_class:
            self.field = self.field_class(required=required, help_text=help_text)

    def clean(self, value):
        try:
            return super().clean(value)
        except ValidationError:
            if self.is_deferred_validation:
                return value
            raise


class WebAddressBlock(UncheckedDraftMixin, blocks.URLBlock):
    field_class = WebAddressField


class EmailAddressBlock(UncheckedDraftMixin, blocks.EmailBlock):
    field_class = EmailAddressFormField


class PhoneBlock(UncheckedDraftMixin, blocks.CharBlock):
    def __init__(self, **kwargs):
        super().__init__(validators=[validate_phone_number], **kwargs)


class LinkValue(StructValue):
    @property
    def href(self) -> str:
        """The address; empty if the page is unpublished or deleted."""
        page = self.get("page")
        if page:
            return page.url if is_published(page, timezone.now()) else ""
        return web_link(self.get("url"))


class LinkBlock(blocks.StructBlock):
    text = blocks.CharBlock(
        max_length=80, help_text="Text that makes sense on its own, not 'click here'."
    )
    page = blocks.PageChooserBlock(required=False, help_text="A page on this website.")
    url = WebAddressBlock(
        required=False, label="Web address", help_text="A page on another website."
    )

    def clean(self, value):
        value = super().clean(value)
        is_one = bool(value.get("page")) != bool(value.get("url"))
        if not is_one and not self.is_deferred_validation:
            text = "Choose a page or enter a web address, but not both."
            raise StructBlockValidationError({"page": ValidationError(text)})
        return value

    def get_parts(self, value, place: str) -> Iterator[Part]:
        text, page, address = (value.get(name) for name in ("text", "page", "url"))
        link = link_to(page, text or "") if page else None
        if address and not page:
            link = FoundLink(short_text(text or ""), address=address)
        yield Part(Kind.LINK, place, text or "", link=link)

    class Meta:
        value_class = LinkValue
        icon = "link"
        template = "blocks/link.html"
        description = "A link to a page on this website or another website."
        preview_value = {"text": "Community grants", "url": "https://example.gov.uk/"}


class CallToActionBlock(LinkBlock):
    class Meta:
        icon = "pick"
        template = "blocks/call_to_action.html"
        description = "A button for the main thing that people come to this page to do."
        preview_value = {"text": "Apply for a grant", "url": "https://example.gov.uk/"}


class ContactBlock(blocks.StructBlock):
    name = blocks.CharBlock(max_length=100, help_text="A person, team or place.")
    phone = PhoneBlock(required=False)
    email = EmailAddressBlock(required=False, label="Email address")
    address = blocks.TextBlock(required=False, rows=3)
    hours = blocks.CharBlock(
        required=False,
        max_length=120,
        label="Opening hours",
        help_text="For example 'Monday to Friday, 9am to 5pm'.",
    )

    def clean(self, value):
        value = super().clean(value)
        has_way = any(value.get(name) for name in ("phone", "email", "address"))
        if not has_way and not self.is_deferred_validation:
            text = "Enter a phone number, email address or postal address."
            raise StructBlockValidationError({"phone": ValidationError(text)})
        return value

    class Meta:
        icon = "mail"
        template = "blocks/contact.html"
        description = "How to contact a person or team, and their opening hours."
        preview_value = {
            "name": "Stronger Communities team",
            "phone": PREVIEW_PHONE,
            "email": "communities@example.gov.uk",
            "address": "Church Road\nStockton-on-Tees",
            "hours": "Monday to Friday, 9am to 5pm",
        }


class PhoneNumberBlock(blocks.StructBlock):
    """A phone number that residents may need in an emergency."""

    label = blocks.CharBlock(max_length=80, help_text="What the number is for.")
    number = PhoneBlock()

    class Meta:
        icon = "mobile-alt"
        template = "blocks/phone_number.html"
        description = "A phone number and what it is for."
        preview_value = {"label": "Housing emergencies", "number": PREVIEW_PHONE}


class SocialLinkBlock(blocks.StructBlock):
    label = blocks.CharBlock(max_length=40, help_text="For example 'Facebook'.")
    url = WebAddressBlock(label="Web address")

    class Meta:
        icon = "site"
        template = "blocks/social_link.html"
        description = "A link to the council's page on a social network."
        preview_value = {"label": "Facebook", "url": "https://example.gov.uk/facebook"}


PublicDocumentsFunction = Callable[[AbstractSet[int], datetime], Iterable[int]]
_public_documents_functions: list[PublicDocumentsFunction] = []


def register_public_documents(
    function: PublicDocumentsFunction,
) -> PublicDocumentsFunction:
    """Register a function that returns which of these documents are linked publicly.

    It takes document ids and a time, and returns the ids that something visible links
    to.
    """
    _public_documents_functions.append(function)
    return function


def public_documents(ids: AbstractSet[int], at: datetime) -> QuerySet:
    """Return those of these documents that any visitor may download."""
    offered = {
        pk for function in _public_documents_functions for pk in function(ids, at)
    }
    documents = get_document_model().objects.filter(pk__in=offered & ids)
    return documents.exclude(collection__in=restricted_collections())


def strip_private_links(html: str, at: datetime) -> str:
    """Return rich text without links to private pages and documents.

    The link text stays, unless it is the title of the private page or document.
    """
    if "linktype" not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    for model, get_public in (
        (Page, lambda ids: visible_pages(at).filter(pk__in=ids)),
        (get_document_model(), lambda ids: public_documents(ids, at)),
    ):
        links = soup.find_all("a", linktype=model._meta.model_name)
        typed = (link.get("id", "") for link in links)
        ids = {int(each) for each in typed if PLAIN_ID.fullmatch(each)}
        shown = {str(pk) for pk in get_public(ids).values_list("pk", flat=True)}
        everything = model.objects.filter(pk__in=ids)
        titles = set(everything.values_list("title", flat=True))
        for link in links:
            if link.get("id") in shown:
                continue
            if link.get_text().strip() in titles:
                link.string = "a page that is no longer available"
            link.unwrap()
    return str(soup)
