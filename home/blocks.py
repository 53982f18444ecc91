"""The blocks that editors build page bodies from.

Each has a description and an icon for the block picker, a preview, and a template of
the same name in `templates/blocks/`. None of them takes raw HTML.
"""

import copy
from collections.abc import Iterator
from functools import cached_property

from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTable, TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock as WagtailImageBlock

from home.content.fields import LosslessStreamBlock
from home.content.link_blocks import CallToActionBlock, ContactBlock, LinkBlock
from home.content.text import anchor_of
from home.content.walker import Kind, Part

INLINE_FEATURES = ["bold", "link", "document-link"]
TEXT_FEATURES = [*INLINE_FEATURES, "ol", "ul"]


class TextBlock(blocks.RichTextBlock):
    def __init__(self, features=None, **kwargs):
        super().__init__(features=features or TEXT_FEATURES, **kwargs)

    class Meta:
        icon = "pilcrow"
        label = "Text"
        template = "blocks/text.html"
        description = "Paragraphs, lists and links. Most pages are mainly text."
        preview_value = (
            "<p>Community groups can apply for a grant of up to £500.</p>"
            "<ul><li>Ask for the form.</li><li>Send it back.</li></ul>"
        )


class HeadingBlock(blocks.StructBlock):
    """A heading at level 2 or 3; the page title is level 1."""

    text = blocks.CharBlock(
        max_length=120, help_text="A few words that describe what follows."
    )
    level = blocks.ChoiceBlock(
        choices=[("h2", "Section heading"), ("h3", "Heading inside a section")],
        default="h2",
        search_index=False,
        help_text="Use a heading inside a section only under a section heading.",
    )

    def get_parts(self, value, place: str) -> Iterator[Part]:
        level = int((value.get("level") or "h2")[1:])
        yield Part(Kind.HEADING, place, value.get("text") or "", level=level)

    def get_context(self, value, parent_context=None):
        context = super().get_context(value, parent_context)
        anchor, used = anchor_of(value.get("text") or ""), context.get("anchors", set())
        if anchor not in used:
            used.add(anchor)
            context["anchor"] = anchor
        return context

    class Meta:
        icon = "title"
        template = "blocks/heading.html"
        description = "Divides a long page, so that people can find what they need."
        preview_value = {"text": "How to get help", "level": "h2"}


class ImageBlock(WagtailImageBlock):
    class Meta:
        icon = "image"
        label = "Image"
        template = "blocks/image.html"
        preview_template = "blocks/image_preview.html"
        description = (
            "An image. Describe it in the alt text for people who cannot see it, or "
            "mark it as decorative."
        )


class DocumentsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=80, default="Documents")
    documents = blocks.ListBlock(
        DocumentChooserBlock(),
        help_text="Put the most important information on the page too: PDFs are hard "
        "to read on a phone.",
    )

    class Meta:
        icon = "doc-full"
        template = "blocks/documents.html"
        description = "Documents to download, each with its type and size."
        preview_template = "blocks/documents_preview.html"


class TableBlock(TypedTableBlock):
    text = blocks.CharBlock(required=False)
    number = blocks.DecimalBlock(required=False)
    link = LinkBlock()

    def clean(self, table):
        """Check the cells by this block's rules, not those the table came with."""
        columns = [
            {**column, "block": self.child_blocks[column["block"].name]}
            for column in table.columns
        ]
        return super().clean(TypedTable(columns, table.row_data, table.caption))

    def get_preview_value(self):
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
            "Data in rows and columns. Use the caption to say what the table shows."
        )


class DetailsBlock(blocks.StructBlock):
    summary = blocks.CharBlock(
        max_length=120, help_text="The text that people select to read more."
    )
    text = TextBlock()

    class Meta:
        icon = "expand-right"
        template = "blocks/details.html"
        description = (
            "Text that only some people need, hidden until they select it. Do not hide "
            "anything that everyone needs to know."
        )
        preview_value = {
            "summary": "What to bring with you",
            "text": "<p>A bag, and your referral number if you have one.</p>",
        }


class NoticeBlock(blocks.StructBlock):
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
            "Something that people must not miss on this page. To announce a "
            "disrupted service, use an alert instead."
        )
        preview_value = {
            "kind": "warning",
            "text": "<p>Applications close at noon on Friday.</p>",
        }


class QuotationBlock(blocks.StructBlock):
    text = blocks.TextBlock(rows=3)
    attribution = blocks.CharBlock(
        required=False,
        max_length=120,
        help_text="Who said it, as they want to be named.",
    )

    class Meta:
        icon = "openquote"
        template = "blocks/quotation.html"
        description = "What someone said. Get their permission first."
        preview_value = {
            "text": "The pantry got us through the winter.",
            "attribution": "A resident of Norton",
        }


class BodyBlock(LosslessStreamBlock):
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
        """Return a copy in which nothing is required.

        Wagtail relaxes the block itself, which all threads share: an incomplete page
        could be published, or another editor's draft rejected.
        """
        block = copy.deepcopy(self)
        block.defer_required_validation()
        return block

    def get_context(self, value, parent_context=None):
        # Of the headings so far, as an id must be there once.
        return {**super().get_context(value, parent_context), "anchors": set()}

    def clean_deferred(self, value):
        draft = self._for_drafts
        return _bound_to(self, draft.clean(_bound_to(draft, value)))

    class Meta:
        required = False
        template = "blocks/body.html"


def _bound_to(block, value):
    children = [(child.block_type, child.value, child.id) for child in value]
    return blocks.StreamValue(block, children)
