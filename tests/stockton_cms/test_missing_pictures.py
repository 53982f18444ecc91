"""Preparing the site makes the sizes that pictures lack, as after a new release."""

from io import StringIO

import wagtail_factories
from django.core.management import call_command
from wagtail.images import get_image_model

from community.models import Partner
from home.images.pictures import CARD, LIBRARY_SHAPES, LOGO, specs_of
from stockton_cms.management.commands.generate_renditions import make_missing_pictures
from tests.factories import PartnershipPageFactory

Image = get_image_model()

LIBRARY_SPECS = set(specs_of(LIBRARY_SHAPES))


def specs_made(image):
    return set(image.renditions.values_list("filter_spec", flat=True))


def test_what_is_missing_is_made_once(section, django_assert_num_queries):
    first, logo = wagtail_factories.ImageFactory.create_batch(2)
    page = PartnershipPageFactory(parent=section)
    Partner.objects.create(page=page, name="Norton hub", logo=logo)
    assert make_missing_pictures() == 2 * len(LIBRARY_SPECS) + 1
    assert specs_made(first) == LIBRARY_SPECS
    assert specs_made(logo) == LIBRARY_SPECS | set(LOGO.specs)
    with django_assert_num_queries(4):
        assert make_missing_pictures() == 0


def test_command_says_what_it_made_if_anything(db):
    wagtail_factories.ImageFactory()
    outputs = [StringIO(), StringIO()]
    for output in outputs:
        call_command("generate_renditions", stdout=output)
    first, second = [output.getvalue() for output in outputs]
    assert first == f"Made {len(LIBRARY_SPECS)} sizes of pictures.\n"
    assert second == ""


def test_one_size_that_is_new_is_made_for_all(db):
    images = wagtail_factories.ImageFactory.create_batch(2)
    make_missing_pictures()
    for image in images:
        image.renditions.filter(filter_spec=CARD.fallback).delete()
    assert make_missing_pictures() == 2


def test_files_that_are_lost_hold_nothing_up(db):
    lost, sound = wagtail_factories.ImageFactory.create_batch(2)
    lost.file.storage.delete(lost.file.name)
    assert make_missing_pictures() == len(LIBRARY_SPECS)
    assert specs_made(sound) == LIBRARY_SPECS
