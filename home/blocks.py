"""The blocks that officers build page bodies from.

Each has a description and an icon for the block picker, a preview, and a template in
`templates/blocks/` that is named for it. None of them takes raw HTML.
"""

import copy
from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError, StructValue
from wagtail.contrib.typed_table_block.blocks import TypedTable, TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock as WagtailImageBlock

from home.content.streams import KeepingStreamBlock
from home.content.typed_blocks import EmailAddressBlock, PhoneBlock, WebAddressBlock
from home.content.validators import phone_link, web_link
from home.pages import is_published

INLINE_FEATURES = ["bold", "link", "document-link"]
TEXT_FEATURES = [*INLINE_FEATURES, "ol", "ul"]
PREVIEW_PHONE = "01632 960000"


class TextBlock(blocks.RichTextBlock):
    """Paragraphs and lists."""

    def __init__(self, features=None, **kwargs):
        super().__init__(features=features or TEXT_FEATURES, **kwargs)

    class Meta:
        icon = "pilcrow"
        label = "Text"
        template = "blocks/text.html"
        description = "Paragraphs, lists and links. Most of a page is made of these."
        preview_value = (
            "<p>Community groups can apply for a grant of up to £500.</p>"
            "<ul><li>Ask for the form.</li><li>Send it back.</li></ul>"
        )


class HeadingBlock(blocks.StructBlock):
    """A heading at the second or third level; the first is the page's title."""

    text = blocks.CharBlock(
        max_length=120, help_text="A few words that say what follows."
    )
    level = blocks.ChoiceBlock(
        choices=[("h2", "Section heading"), ("h3", "Heading inside a section")],
        default="h2",
        search_index=False,
        help_text="Use a heading inside a section only below a section heading.",
    )

    class Meta:
        icon = "title"
        template = "blocks/heading.html"
        description = (
            "A heading that divides a long page, so that people can find their part."
        )
        preview_value = {"text": "How to get help", "level": "h2"}


class ImageBlock(WagtailImageBlock):
    """A picture, with alternative text or marked as decoration."""

    class Meta:
        icon = "image"
        label = "Picture"
        template = "blocks/image.html"
        preview_template = "blocks/image_preview.html"
        description = (
            "A picture. Say in the alternative text what it tells somebody who cannot "
            "see it, or mark it as decoration."
        )


class LinkValue(StructValue):
    """A link to a page of the site or to another website."""

    @property
    def href(self) -> str:
        """The address; empty while the page is not published, or has been deleted."""
        page = self.get("page")
        if page:
            return page.url if is_published(page, timezone.now()) else ""
        return web_link(self.get("url"))


class LinkBlock(blocks.StructBlock):
    """The text of a link, and either a page of this site or a web address."""

    text = blocks.CharBlock(
        max_length=80,
        help_text="Words that make sense on their own, not 'click here'.",
    )
    page = blocks.PageChooserBlock(required=False, help_text="A page of this site.")
    url = WebAddressBlock(
        required=False,
        label="Web address",
        help_text="An address on another website, if it is not a page of this site.",
    )

    def clean(self, value):
        """Require a page or an address, and not both; a draft may wait for it."""
        value = super().clean(value)
        is_one = bool(value.get("page")) != bool(value.get("url"))
        if not is_one and not self.is_deferred_validation:
            error = ValidationError(
                "Choose a page or type a web address: one of the two."
            )
            raise StructBlockValidationError(block_errors={"page": error})
        return value

    class Meta:
        value_class = LinkValue
        icon = "link"
        template = "blocks/link.html"
        description = "A link to a page of this site or to another website."
        preview_value = {"text": "Community grants", "url": "https://example.gov.uk/"}


class CallToActionBlock(LinkBlock):
    """The one thing that most readers come to a page to do."""

    class Meta:
        icon = "pick"
        template = "blocks/call_to_action.html"
        description = (
            "A button for the one thing that most people come to this page to do."
        )
        preview_value = {"text": "Apply for a grant", "url": "https://example.gov.uk/"}


class ContactValue(StructValue):
    """The ways to reach somebody."""

    @property
    def phone_href(self) -> str:
        """The `tel:` address of the phone number."""
        return phone_link(self.get("phone") or "")


class ContactBlock(blocks.StructBlock):
    """Whom to ask, and how to reach them."""

    name = blocks.CharBlock(max_length=100, help_text="A person, team or place.")
    phone = PhoneBlock(required=False)
    email = EmailAddressBlock(required=False, label="Email")
    address = blocks.TextBlock(required=False, rows=3)
    hours = blocks.CharBlock(
        required=False,
        max_length=120,
        label="Opening hours",
        help_text="For example 'Monday to Friday, 9am to 5pm'.",
    )

    def clean(self, value):
        """Require at least one way to get in touch; a draft may wait for it."""
        value = super().clean(value)
        has_way = any(value.get(name) for name in ("phone", "email", "address"))
        if not has_way and not self.is_deferred_validation:
            error = ValidationError("Give a phone number, an email or an address.")
            raise StructBlockValidationError(block_errors={"phone": error})
        return value

    class Meta:
        value_class = ContactValue
        icon = "mail"
        template = "blocks/contact.html"
        description = "A person or team to ask, with phone, email, address and hours."
        preview_value = {
            "name": "Stronger Communities team",
            "phone": PREVIEW_PHONE,
            "email": "communities@example.gov.uk",
            "address": "Church Road\nStockton-on-Tees",
            "hours": "Monday to Friday, 9am to 5pm",
        }


class DocumentsBlock(blocks.StructBlock):
    """Files to download."""

    heading = blocks.CharBlock(max_length=80, default="Documents")
    documents = blocks.ListBlock(
        DocumentChooserBlock(),
        help_text="Put the most important facts on the page too: many people cannot "
        "use a PDF on their phone.",
    )

    class Meta:
        icon = "doc-full"
        template = "blocks/documents.html"
        description = "Files to download, each with its type and size."
        preview_template = "blocks/documents_preview.html"


class TableBlock(TypedTableBlock):
    """Rows and columns of facts."""

    text = blocks.CharBlock(required=False)
    number = blocks.DecimalBlock(required=False)
    link = LinkBlock()

    def clean(self, table):
        """Check the cells by the rules of this block: a table brings those it had."""
        columns = [
            {**column, "block": self.child_blocks[column["block"].name]}
            for column in table.columns
        ]
        return super().clean(TypedTable(columns, table.row_data, table.caption))

    def get_preview_value(self):
        """Return a table of two opening hours."""
        return self.to_python(
            {
                "caption": "Opening hours",
                "columns": [
                    {"type": "text", "heading": "Place"},
                    {"type": "text", "heading": "Open"},
                ],
                "rows": [
                    {"values": ["Thornaby pantry", "Tuesday, 10am to 2pm"]},
                    {"values": ["Billingham pantry", "Friday, 1pm to 4pm"]},
                ],
            }
        )

    class Meta:
        icon = "table"
        template = "blocks/table.html"
        description = (
            "Facts in rows and columns. The caption says what the table shows."
        )


class DetailsBlock(blocks.StructBlock):
    """Text behind a line that opens it."""

    summary = blocks.CharBlock(
        max_length=120, help_text="The line that people choose to read more."
    )
    text = TextBlock()

    class Meta:
        icon = "expand-right"
        template = "blocks/details.html"
        description = (
            "Text that only some readers need, behind a line that opens it. Never hide "
            "what everybody must know."
        )
        preview_value = {
            "summary": "What to bring with you",
            "text": "<p>A bag, and your referral number if you have one.</p>",
        }


class NoticeBlock(blocks.StructBlock):
    """Something that readers must not miss on this page."""

    kind = blocks.ChoiceBlock(
        choices=[("information", "Information"), ("warning", "Warning")],
        default="information",
        search_index=False,
    )
    text = TextBlock(features=INLINE_FEATURES)

    class Meta:
        icon = "warning"
        template = "blocks/notice.html"
        description = (
            "Something that readers of this page must not miss. For a disrupted "
            "service use an alert instead."
        )
        preview_value = {
            "kind": "warning",
            "text": "<p>Applications close at noon on Friday.</p>",
        }


class QuotationBlock(blocks.StructBlock):
    """Somebody's own words."""

    text = blocks.TextBlock(rows=3)
    attribution = blocks.CharBlock(
        required=False,
        max_length=120,
        help_text="Who said it, as they wish to be named.",
    )

    class Meta:
        icon = "openquote"
        template = "blocks/quotation.html"
        description = "Somebody's own words, with their agreement."
        preview_value = {
            "text": "The pantry got us through the winter.",
            "attribution": "A resident of Norton",
        }


class BodyBlock(KeepingStreamBlock):
    """The body of a page: any of the blocks, in any order."""

    text = TextBlock()
    heading = HeadingBlock()
    image = ImageBlock()
    call_to_action = CallToActionBlock()
    contact = ContactBlock()
    documents = DocumentsBlock()
    table = TableBlock()
    details = DetailsBlock()
    notice = NoticeBlock()
    quotation = QuotationBlock()

    @cached_property
    def _for_drafts(self):
        """Return a copy that asks for nothing.

        Wagtail relaxes the block itself, which all threads share: a colleague could
        publish meanwhile what is not whole, or be refused a draft.
        """
        block = copy.deepcopy(self)
        block.defer_required_validation()
        return block

    def clean_deferred(self, value):
        """Return the body of a draft."""
        draft = self._for_drafts
        return _bound_to(self, draft.clean(_bound_to(draft, value)))

    class Meta:
        required = False
        template = "blocks/body.html"


def _bound_to(block, value):
    children = [(child.block_type, child.value, child.id) for child in value]
    return blocks.StreamValue(block, children)


class PhoneNumberValue(StructValue):
    """A phone number."""

    @property
    def phone_href(self) -> str:
        """The `tel:` address of the number."""
        return phone_link(self["number"])


class PhoneNumberBlock(blocks.StructBlock):
    """A phone number that residents may need in an emergency."""

    label = blocks.CharBlock(max_length=80, help_text="What the number is for.")
    number = PhoneBlock()

    class Meta:
        value_class = PhoneNumberValue
        icon = "mobile-alt"
        template = "blocks/phone_number.html"
        description = "A phone number and what it is for."
        preview_value = {"label": "Housing emergencies", "number": PREVIEW_PHONE}
