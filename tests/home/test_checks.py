import pytest
from django.core.checks import run_checks
from wagtail import blocks

from home.blocks import TextBlock
from home.checks import (
    block_errors,
    check_blocks,
    check_page_types,
    page_type_errors,
)
from home.models import StandardPage


def page_type(**values):
    complete = {
        "parent_page_types": [],
        "subpage_types": [],
        "page_description": "A page of text.",
        "template": "home/standard_page.html",
    }
    attributes = {**complete, **values}
    given = {name: value for name, value in attributes.items() if value is not None}
    return type("WrongPage", (), given)


def ids(errors):
    return [error.id for error in errors]


def test_project_has_no_errors():
    assert check_page_types() == []
    assert check_blocks() == []
    assert not [error for error in run_checks() if (error.id or "").startswith("home")]


@pytest.mark.parametrize("rule", ["parent_page_types", "subpage_types"])
def test_page_type_without_a_tree_rule_is_an_error(rule):
    (error,) = page_type_errors(page_type(**{rule: None}))
    assert error.id == "home.E001"
    assert rule in error.msg
    assert error.hint


def test_page_type_without_a_description_is_an_error():
    assert ids(page_type_errors(page_type(page_description=""))) == ["home.E002"]


def test_page_type_without_a_template_is_an_error():
    wrong = page_type(template="home/no_such_page.html")
    assert ids(page_type_errors(wrong)) == ["home.E003"]


def test_block_without_anything_has_four_errors():
    block = blocks.CharBlock()
    block.set_name("bare")
    errors = block_errors(block, StandardPage)
    assert ids(errors) == ["home.E004"] * 4
    assert all("'bare'" in error.msg for error in errors)


@pytest.mark.parametrize("lacking", ["template", "description", "icon", "preview"])
def test_block_that_lacks_one_thing_has_one_error(lacking):
    meta = {
        "template": "blocks/text.html",
        "description": "Some words.",
        "icon": "pilcrow",
        "preview_value": "Words",
    }
    del meta["preview_value" if lacking == "preview" else lacking]
    block = blocks.StructBlock([], **meta)
    block.set_name("almost")
    (error,) = block_errors(block, StandardPage)
    assert error.id == "home.E004"
    assert error.msg.endswith(f"has no {lacking}.")


def test_block_whose_template_is_missing_has_an_error():
    block = blocks.StructBlock(
        [],
        template="blocks/no_such_block.html",
        description="Some words.",
        icon="pilcrow",
        preview_value={},
    )
    block.set_name("lost")
    assert ids(block_errors(block, StandardPage)) == ["home.E004"]


def test_block_that_the_content_walker_does_not_know_is_an_error():
    inside = blocks.StructBlock([("map", blocks.RawHTMLBlock()), ("text", TextBlock())])
    block = blocks.StreamBlock([("list", blocks.ListBlock(inside))])
    block.set_name("places")
    known, unknown = (
        block_errors(TextBlock(), StandardPage),
        block_errors(block, StandardPage),
    )
    assert "content walker" in unknown[-1].msg
    assert not any("content walker" in error.msg for error in known)
