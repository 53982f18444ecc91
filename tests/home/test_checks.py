from django.core.checks import run_checks
from wagtail import blocks

from home.blocks import TextBlock
from home.checks import block_errors, page_type_errors
from home.models import StandardPage

PAGE_TYPE = {
    "parent_page_types": [],
    "subpage_types": [],
    "page_description": "A page of text.",
    "template": "home/standard_page.html",
}
BLOCK = {
    "template": "blocks/text.html",
    "description": "Some words.",
    "icon": "pilcrow",
    "preview_value": "Words",
}


def lacking_in_page_type(**values):
    attributes = {**PAGE_TYPE, **values}
    given = {name: value for name, value in attributes.items() if value is not None}
    return [each.msg for each in page_type_errors(type("WrongPage", (), given))]


def lacking_in_block(block):
    block.set_name("almost")
    prefix = "Block 'almost' of StandardPage has no "
    errors = block_errors(block, StandardPage)
    return [each.msg.removeprefix(prefix).rstrip(".") for each in errors]


def test_project_has_no_errors():
    assert not [error for error in run_checks() if (error.id or "").startswith("home")]


def test_page_type_that_lacks_one_thing_has_one_error():
    assert lacking_in_page_type() == []
    for name in ("parent_page_types", "subpage_types"):
        assert lacking_in_page_type(**{name: None}) == [f"WrongPage has no {name}."]
    error = "WrongPage has no page_description."
    assert lacking_in_page_type(page_description="") == [error]
    error = "WrongPage has no template home/no_such_page.html."
    assert lacking_in_page_type(template="home/no_such_page.html") == [error]


def test_block_that_lacks_one_thing_has_one_error():
    assert lacking_in_block(blocks.StructBlock([], **BLOCK)) == []
    for name in BLOCK:
        meta = {key: value for key, value in BLOCK.items() if key != name}
        lacking = lacking_in_block(blocks.StructBlock([], **meta))
        assert lacking == [name.removesuffix("_value")]
    meta = {**BLOCK, "template": "blocks/no_such_block.html"}
    assert lacking_in_block(blocks.StructBlock([], **meta)) == ["template"]


def test_block_that_the_content_walker_does_not_know_is_an_error():
    inside = blocks.StructBlock([("map", blocks.RawHTMLBlock()), ("text", TextBlock())])
    block = blocks.StreamBlock([("list", blocks.ListBlock(inside))])
    assert "get_parts for the content walker" in lacking_in_block(block)
    assert lacking_in_block(TextBlock()) == []
