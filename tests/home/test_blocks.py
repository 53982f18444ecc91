import json

import pytest
import wagtail_factories
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.embeds.blocks import EmbedBlock

from community.models import Partner, PartnershipPage
from home.blocks import ImageBlock, TextBlock
from home.content.link_blocks import CallToActionBlock, ContactBlock, LinkBlock
from home.models import SiteSettings, StandardPage
from tests.factories import AlertFactory, StandardPageFactory

BODY = StandardPage._meta.get_field("body").stream_block
OTHER_BLOCKS = [
    block
    for name in ("social_links", "emergency_numbers")
    for block in SiteSettings._meta.get_field(name).stream_block.child_blocks.values()
]
WEB = "https://example.gov.uk/"
WRONG_ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "ftp://example.gov.uk/file",
]
each_wrong_address = pytest.mark.parametrize("address", WRONG_ADDRESSES)


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


def refuses(block, value):
    """Return the parts of a block in which a value is refused."""
    try:
        block.clean(block.to_python(value))
    except StructBlockValidationError as error:
        return set(error.block_errors)
    except ValidationError:
        return {"itself"}
    return set()


def test_preview_of_each_block_is_shown_in_the_admin(home, admin_client):
    address = reverse("wagtailadmin_block_preview")
    for block in (*BODY.child_blocks.values(), *OTHER_BLOCKS):
        response = admin_client.get(address, {"id": block.definition_prefix})
        assert response.status_code == 200
        assert "site.css" in response.content.decode()
        main = BeautifulSoup(response.content, "html.parser").main
        assert main.get_text(strip=True) or main.img, block.name


def test_no_block_takes_raw_html_foreign_content_or_headings_in_text():
    for block in all_blocks(BODY):
        assert not isinstance(block, blocks.RawHTMLBlock | EmbedBlock)
    assert set(TextBlock().features) == {"bold", "link", "document-link", "ol", "ul"}


def test_each_block_is_shown_in_its_place(section):
    document = wagtail_factories.DocumentFactory(
        title="Framework", file__filename="framework.pdf", file__data=b"x" * 2048
    )
    image = wagtail_factories.ImageFactory()
    contact = {
        "name": "Stronger Communities team",
        "phone": "01632 960000",
        "email": "communities@example.gov.uk",
        "address": "Church Road\nStockton-on-Tees",
        "hours": "Monday to Friday",
    }
    html = shown(
        ("heading", {"text": "How to get help", "level": "h3"}),
        ("image", {"image": image.pk, "alt_text": "A pantry", "decorative": False}),
        ("call_to_action", {"text": "Apply", "page": section.pk, "url": ""}),
        ("contact", contact),
        ("documents", {"heading": "Downloads", "documents": [document.pk]}),
        (
            "table",
            {
                "caption": "Opening hours",
                "columns": [
                    {"type": "text", "heading": "Place"},
                    {"type": "number", "heading": "Days"},
                ],
                "rows": [{"values": ["Thornaby", 3]}],
            },
        ),
        ("details", {"summary": "What to bring", "text": "<p>A bag.</p>"}),
        ("notice", {"kind": "warning", "text": "<p>Closes at noon.</p>"}),
        ("quotation", {"text": "It got us through.", "attribution": "A resident"}),
    )
    assert html.h3.get_text() == "How to get help"
    assert html.img["alt"] == "A pantry"
    assert html.img["src"].startswith("/media/images/")
    assert [(link["href"], link.get_text(strip=True)) for link in html.select("a")] == [
        (section.url, "Apply"),
        ("tel:01632960000", contact["phone"]),
        (f"mailto:{contact['email']}", contact["email"]),
        (document.url, "Framework"),
    ]
    assert "Church Road" in html.address.get_text()
    assert html.address.br
    headings = [heading.get_text() for heading in html.find_all("h2")]
    assert headings == [contact["name"], "Downloads"]
    assert "(PDF, 2.0\xa0KB)" in html.find("a", href=document.url).parent.get_text()
    assert html.caption.get_text() == "Opening hours"
    assert [cell["scope"] for cell in html.find_all("th")] == ["col", "col", "row"]
    assert html.tbody.th.get_text() == "Thornaby"
    assert html.tbody.td.get_text() == "3"
    assert html.select_one("[role=region]")["tabindex"] == "0"
    assert html.details.summary.get_text() == "What to bring"
    assert html.select_one(".notice strong").get_text() == "Warning"
    assert html.figcaption.get_text() == "A resident"


def test_blocks_need_what_makes_them_whole(section):
    image = wagtail_factories.ImageFactory()
    picture = {"image": image.pk, "alt_text": "", "decorative": False}
    assert refuses(ImageBlock(), picture)
    assert not refuses(ImageBlock(), {**picture, "alt_text": "A full pantry"})
    assert not refuses(ImageBlock(), {**picture, "decorative": True})
    assert refuses(ContactBlock(), {"name": "The team"})
    assert not refuses(ContactBlock(), {"name": "The team", "phone": "01632 960000"})
    link = {"text": "More", "page": None, "url": ""}
    assert refuses(LinkBlock(), link) == {"page"}
    assert refuses(LinkBlock(), {**link, "page": section.pk, "url": WEB}) == {"page"}
    assert not refuses(LinkBlock(), {**link, "page": section.pk})
    assert not refuses(LinkBlock(), {**link, "url": WEB})


@each_wrong_address
def test_link_block_refuses_an_address_that_is_no_web_address(address):
    for block in (LinkBlock(), CallToActionBlock()):
        value = {"text": "Click", "page": None, "url": address}
        assert refuses(block, value) == {"url"}


@each_wrong_address
def test_website_fields_refuse_an_address_that_is_no_web_address(address, db):
    for instance, field in (
        (PartnershipPage(title="P"), "website"),
        (Partner(name="P"), "website"),
        (AlertFactory.build(), "link_url"),
    ):
        setattr(instance, field, address)
        with pytest.raises(ValidationError) as refused:
            instance.clean_fields()
        assert field in refused.value.message_dict


@pytest.mark.parametrize("address", WRONG_ADDRESSES[:4])
def test_rich_text_drops_a_link_that_is_no_web_address(address):
    block = {"key": "a", "type": "unstyled", "text": "Click here", "depth": 0}
    block["inlineStyleRanges"] = []
    block["entityRanges"] = [{"key": 0, "offset": 0, "length": 5}]
    link = {"type": "LINK", "mutability": "MUTABLE", "data": {"url": address}}
    typed = {"text": json.dumps({"blocks": [block], "entityMap": {"0": link}})}
    stored = TextBlock().field.widget.value_from_datadict(typed, {}, "text")
    assert "alert(1)" not in stored
    html = BeautifulSoup(stored, "html.parser")
    assert "Click here" in html.get_text()
    assert not html.select("a[href]")


def test_what_was_deleted_does_not_break_the_page(section, read):
    target = StandardPageFactory(parent=section)
    image = wagtail_factories.ImageFactory()
    document = wagtail_factories.DocumentFactory()
    link = {"text": "The old page", "page": target.pk, "url": ""}
    columns = [{"type": "link", "heading": "Page"}]
    table = {"caption": "", "columns": columns, "rows": [{"values": [link]}]}
    body = body_of(
        ("call_to_action", link),
        ("text", f'<p>See <a linktype="page" id="{target.pk}">this</a>.</p>'),
        ("table", table),
        ("image", {"image": image.pk, "alt_text": "Food", "decorative": False}),
        ("documents", {"heading": "Files", "documents": [document.pk]}),
        # As a request that no editor sends may contain it.
        *(
            ("text", f'<p>See <a linktype="page" id="{number}">that</a>.</p>')
            for number in ("abc", "", "-1", "1\u0661")
        ),
    )
    page = StandardPageFactory(parent=section, body=body)
    assert len(read(page.url).article.select(f"a[href='{target.url}']")) == 3
    for each in (target, image, document):
        each.delete()
    article = read(page.url).article
    assert not article.select("a[href=''], a[href='None'], img[src='']")
    assert article.td.get_text(strip=True) == "The old page"
    assert article.p.get_text()
    assert "NONE" not in article.get_text()
    assert article.get_text().count("See that.") == 4
