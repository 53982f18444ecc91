"""Preparing the site makes the sizes that pictures lack, as after a new release."""

from io import StringIO

import pytest
import wagtail_factories
from django.core.management import call_command

from community.models import Partner
from home.images.pictures import CARD, LIBRARY_SHAPES, LOGO, specs_of
from tests.factories import PartnershipPageFactory

LIBRARY_SPECS = set(specs_of(LIBRARY_SHAPES))


@pytest.fixture
def generate(db):
    """Return what the command says."""

    def run():
        output = StringIO()
        call_command("generate_renditions", stdout=output)
        return output.getvalue()

    return run


def specs_made(image):
    return set(image.renditions.values_list("filter_spec", flat=True))


def test_what_is_missing_is_made_once(section, generate, django_assert_num_queries):
    first, logo, lost = wagtail_factories.ImageFactory.create_batch(3)
    lost.file.storage.delete(lost.file.name)
    page = PartnershipPageFactory(parent=section)
    Partner.objects.create(page=page, name="Norton hub", logo=logo)
    made = 2 * len(LIBRARY_SPECS) + 1
    assert generate() == f"Made {made} sizes of pictures.\n"
    assert specs_made(first) == LIBRARY_SPECS
    assert specs_made(logo) == LIBRARY_SPECS | set(LOGO.specs)
    lost.delete()
    with django_assert_num_queries(4):
        assert generate() == ""


def test_one_size_that_is_new_is_made_for_all(generate):
    images = wagtail_factories.ImageFactory.create_batch(2)
    generate()
    for image in images:
        image.renditions.filter(filter_spec=CARD.fallback).delete()
    assert generate() == "Made 2 sizes of pictures.\n"
