import json

import pytest
import wagtail_factories
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.embeds.blocks import EmbedBlock
from wagtail.test.utils.form_data import nested_form_data, streamfield

from community.models import Partner, PartnershipPage
from home.blocks import (
    ImageBlock,
    TextBlock,
)
from home.content.link_blocks import (
    CallToActionBlock,
    ContactBlock,
    LinkBlock,
    PhoneNumberBlock,
)
from home.models import SiteSettings, StandardPage
from tests.factories import AlertFactory, StandardPageFactory

BODY = StandardPage._meta.get_field("body").stream_block
OTHER_BLOCKS = [
    block
    for name in ("social_links", "emergency_numbers")
    for block in SiteSettings._meta.get_field(name).stream_block.child_blocks.values()
]
PICKED = [*BODY.child_blocks.values(), *OTHER_BLOCKS]
PAYLOAD = "<script>alert(1)</script>"
WRONG_ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "ftp://example.gov.uk/file",
]

each_block = pytest.mark.parametrize("block", PICKED, ids=lambda block: block.name)


def body_of(*items):
    return BODY.to_python([{"type": name, "value": value} for name, value in items])


def shown(*items):
    return BeautifulSoup(BODY.render(body_of(*items)), "html.parser")


def all_blocks(block):
    yield block
    children = [*getattr(block, "child_blocks", {}).values()]
    children.append(getattr(block, "child_block", None))
    for child in filter(None, children):
        yield from all_blocks(child)


@each_block
def test_preview_of_each_block_is_shown_in_the_admin(block, home, admin_client):
    address = reverse("wagtailadmin_block_preview")
    response = admin_client.get(address, {"id": block.definition_prefix})
    assert response.status_code == 200
    assert "site.css" in response.content.decode()
    main = BeautifulSoup(response.content, "html.parser").main
    assert main.get_text(strip=True) or main.img


def test_no_block_takes_raw_html_or_foreign_content():
    for block in all_blocks(BODY):
        assert not isinstance(block, blocks.RawHTMLBlock | EmbedBlock)


def test_rich_text_offers_no_headings_or_embeds():
    assert set(TextBlock().features) == {"bold", "link", "document-link", "ol", "ul"}


@pytest.mark.parametrize("level", ["h2", "h3"])
def test_heading_is_shown_at_its_level(level):
    html = shown(("heading", {"text": "How to get help", "level": level}))
    assert html.find(level).get_text() == "How to get help"


def test_picture_is_shown_with_its_text(db):
    image = wagtail_factories.ImageFactory()
    value = {"image": image.pk, "alt_text": "A full pantry", "decorative": False}
    picture = shown(("image", value)).img
    assert picture["alt"] == "A full pantry"
    assert picture["src"].startswith("/media/images/")


def test_picture_needs_text_or_to_be_decorative(db):
    image = wagtail_factories.ImageFactory()
    block = ImageBlock()
    value = {"image": image.pk, "alt_text": "", "decorative": False}
    with pytest.raises(ValidationError):
        block.clean(block.to_python(value))
    block.clean(block.to_python({**value, "alt_text": "A full pantry"}))
    block.clean(block.to_python({**value, "decorative": True}))


def test_call_to_action_leads_to_a_page(section):
    value = {"text": "Apply", "page": section.pk, "url": ""}
    link = shown(("call_to_action", value)).a
    assert (link["href"], link.get_text()) == (section.url, "Apply")


def test_contact_is_shown_with_links_to_call_and_write():
    value = {
        "name": "Stronger Communities team",
        "phone": "01632 960000",
        "email": "communities@example.gov.uk",
        "address": "Church Road\nStockton-on-Tees",
        "hours": "Monday to Friday",
    }
    html = shown(("contact", value))
    addresses = [link["href"] for link in html.find_all("a")]
    assert addresses == ["tel:01632960000", "mailto:communities@example.gov.uk"]
    assert "Church Road" in html.address.get_text()
    assert html.address.br


def test_contact_needs_a_way_to_get_in_touch():
    block = ContactBlock()
    with pytest.raises(StructBlockValidationError):
        block.clean(block.to_python({"name": "The team"}))
    block.clean(block.to_python({"name": "The team", "phone": "01632 960000"}))


def test_documents_are_shown_with_type_and_size(db):
    document = wagtail_factories.DocumentFactory(
        title="Framework", file__filename="framework.pdf", file__data=b"x" * 2048
    )
    value = {"heading": "Downloads", "documents": [document.pk]}
    html = shown(("documents", value))
    assert html.h2.get_text() == "Downloads"
    assert html.a["href"] == document.url
    assert "(PDF, 2.0\xa0KB)" in html.li.get_text()


def test_table_is_shown_with_caption_and_column_headings():
    html = shown(("table", TABLE))
    assert html.caption.get_text() == "Opening hours"
    assert [cell["scope"] for cell in html.find_all("th")] == ["col", "col", "row"]
    assert html.tbody.th.get_text() == "Thornaby"
    assert html.tbody.td.get_text() == "3"
    assert html.select_one("[role=region]")["tabindex"] == "0"


TABLE = {
    "caption": "Opening hours",
    "columns": [
        {"type": "text", "heading": "Place"},
        {"type": "number", "heading": "Days"},
    ],
    "rows": [{"values": ["Thornaby", 3]}],
}


def test_details_notice_and_quotation_are_shown():
    html = shown(
        ("details", {"summary": "What to bring", "text": "<p>A bag.</p>"}),
        ("notice", {"kind": "warning", "text": "<p>Closes at noon.</p>"}),
        ("quotation", {"text": "It got us through.", "attribution": "A resident"}),
    )
    assert html.details.summary.get_text() == "What to bring"
    assert html.select_one(".notice strong").get_text() == "Warning"
    assert html.figcaption.get_text() == "A resident"


def test_blocks_are_shown_in_their_order():
    html = shown(
        ("quotation", {"text": "First", "attribution": ""}), ("text", "<p>Second</p>")
    )
    assert html.get_text(" ", strip=True) == "First Second"


@pytest.mark.parametrize("address", WRONG_ADDRESSES)
@pytest.mark.parametrize("block", [LinkBlock(), CallToActionBlock()])
def test_link_block_refuses_an_address_that_is_no_web_address(block, address):
    value = block.to_python({"text": "Click", "page": None, "url": address})
    with pytest.raises(StructBlockValidationError) as refused:
        block.clean(value)
    assert "url" in refused.value.block_errors


@pytest.mark.parametrize("address", WRONG_ADDRESSES)
def test_website_fields_refuse_an_address_that_is_no_web_address(address, db):
    objects = (
        (PartnershipPage(title="P"), "website"),
        (Partner(name="P"), "website"),
        (AlertFactory.build(), "link_url"),
    )
    for instance, field in objects:
        setattr(instance, field, address)
        with pytest.raises(ValidationError) as refused:
            instance.clean_fields()
        assert field in refused.value.message_dict


@pytest.mark.parametrize("address", WRONG_ADDRESSES[:4])
def test_rich_text_drops_a_link_that_is_no_web_address(address):
    content = {
        "blocks": [
            {
                "key": "a",
                "type": "unstyled",
                "text": "Click here",
                "depth": 0,
                "inlineStyleRanges": [],
                "entityRanges": [{"key": 0, "offset": 0, "length": 5}],
            }
        ],
        "entityMap": {
            "0": {"type": "LINK", "mutability": "MUTABLE", "data": {"url": address}}
        },
    }
    widget = TextBlock().field.widget
    data = {"text": json.dumps(content)}
    stored = widget.value_from_datadict(data, {}, "text")
    assert "Click here" in BeautifulSoup(stored, "html.parser").get_text()
    assert "alert(1)" not in stored
    assert not BeautifulSoup(stored, "html.parser").select("a[href]")


def test_script_typed_into_rich_text_is_text():
    content = {"blocks": [{"key": "a", "type": "unstyled", "text": PAYLOAD}]}
    content["blocks"][0] |= {"depth": 0, "inlineStyleRanges": [], "entityRanges": []}
    data = {"text": json.dumps({**content, "entityMap": {}})}
    stored = TextBlock().field.widget.value_from_datadict(data, {}, "text")
    assert PAYLOAD not in stored
    assert PAYLOAD in shown(("text", stored)).get_text()


def test_link_block_needs_exactly_one_target(section):
    block = LinkBlock()
    web = "https://example.gov.uk/"
    for page, url in ((None, ""), (section.pk, web)):
        value = block.to_python({"text": "More", "page": page, "url": url})
        with pytest.raises(StructBlockValidationError) as refused:
            block.clean(value)
        assert "page" in refused.value.block_errors
    for page, url in ((section.pk, ""), (None, web)):
        block.clean(block.to_python({"text": "More", "page": page, "url": url}))


@pytest.mark.parametrize(
    ("number", "href"),
    [("01632 960000", "tel:01632960000"), ("+44 (0)1632-960000", "tel:+441632960000")],
)
def test_phone_number_leads_to_its_tel_address(number, href):
    block = PhoneNumberBlock()
    value = block.clean(block.to_python({"label": "Help", "number": number}))
    html = BeautifulSoup(block.render(value), "html.parser")
    assert (html.a["href"], html.a.get_text()) == (href, number)


def test_script_in_any_text_of_any_block_is_shown_as_text(db):
    link = {"text": PAYLOAD, "page": None, "url": "https://example.gov.uk/"}
    contact = dict.fromkeys(("name", "phone", "email", "address", "hours"), PAYLOAD)
    document = wagtail_factories.DocumentFactory(title=PAYLOAD)
    image = wagtail_factories.ImageFactory()
    picture = {"image": image.pk, "alt_text": f'">{PAYLOAD}', "decorative": False}
    table = {
        "caption": PAYLOAD,
        "columns": [
            {"type": "text", "heading": PAYLOAD},
            {"type": "link", "heading": PAYLOAD},
        ],
        "rows": [{"values": [PAYLOAD, link]}],
    }
    items = [
        ("heading", {"text": PAYLOAD, "level": "h2"}),
        ("image", picture),
        ("call_to_action", link),
        ("contact", contact),
        ("documents", {"heading": PAYLOAD, "documents": [document.pk]}),
        ("table", table),
        ("details", {"summary": PAYLOAD, "text": "<p>Text</p>"}),
        ("quotation", {"text": PAYLOAD, "attribution": PAYLOAD}),
    ]
    covered = {name for name, _ in items} | {"text", "notice"}
    assert covered == set(BODY.child_blocks)
    html = str(BODY.render(body_of(*items)))
    assert PAYLOAD not in html
    assert not BeautifulSoup(html, "html.parser").find("script")
    assert BeautifulSoup(html, "html.parser").get_text().count(PAYLOAD) == 17


def test_links_to_a_deleted_page_do_not_break_the_page(section, read):
    target = StandardPageFactory(parent=section)
    link = {"text": "The old page", "page": target.pk, "url": ""}
    body = body_of(
        ("call_to_action", link),
        ("text", f'<p>See <a linktype="page" id="{target.pk}">this</a>.</p>'),
        (
            "table",
            {
                "caption": "",
                "columns": [{"type": "link", "heading": "Page"}],
                "rows": [{"values": [link]}],
            },
        ),
    )
    page = StandardPageFactory(parent=section, body=body)
    assert len(read(page.url).article.select(f"a[href='{target.url}']")) == 3
    target.delete()
    article = read(page.url).article
    assert not article.select("a[href='']")
    assert not article.select("a[href='None']")
    assert article.td.get_text(strip=True) == "The old page"
    assert article.p.get_text()


@pytest.mark.parametrize("number", ["abc", "", "-1", "1\u0661"])
def test_link_to_a_page_that_cannot_be_is_plain_words(section, read, number):
    """As a hand-written request may contain it."""
    text = f'<p>See <a linktype="page" id="{number}">this</a>.</p>'
    page = StandardPageFactory(parent=section, body=body_of(("text", text)))
    assert "See this." in read(page.url).article.get_text()


def test_deleted_pictures_and_documents_do_not_break_the_page(section, read):
    image = wagtail_factories.ImageFactory()
    document = wagtail_factories.DocumentFactory()
    body = body_of(
        ("image", {"image": image.pk, "alt_text": "Food", "decorative": False}),
        ("documents", {"heading": "Files", "documents": [document.pk]}),
    )
    page = StandardPageFactory(parent=section, body=body)
    image.delete()
    document.delete()
    article = read(page.url).article
    assert not article.select("img[src=''], a[href='']")
    assert "NONE" not in article.get_text()


def test_body_is_saved_through_the_admin(section, send_form):
    items = [
        ("heading", {"text": "How to get help", "level": "h2"}),
        ("quotation", {"text": "Thank you.", "attribution": ""}),
    ]
    address = reverse(
        "wagtailadmin_pages:add", args=["home", "standardpage", section.pk]
    )
    data = nested_form_data({"body": streamfield(items)})
    send_form(address, title="Grants", slug="grants", **data)
    body = StandardPage.objects.get(slug="grants").body
    assert [block.block_type for block in body] == ["heading", "quotation"]
