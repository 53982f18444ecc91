"""Preparing the site makes the sizes that pictures lack, as after a new release."""

import re
from io import StringIO
from pathlib import Path

import pytest
import wagtail_factories
from django.core.files.storage import default_storage
from django.core.management import call_command
from wagtail.images import get_image_model

from community.models import Partner
from home.images.renditions import CARD, LIBRARY_SHAPES, LOGO, specs_of
from stockton_cms.operations.backup.create import all_files
from tests.factories import PartnershipPageFactory
from tests.home.images.test_metadata import metadata_of, photograph

Image = get_image_model()
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
    with django_assert_num_queries(5):
        assert generate() == ""


def test_one_size_that_is_new_is_made_for_all(generate):
    images = wagtail_factories.ImageFactory.create_batch(2)
    generate()
    for image in images:
        image.renditions.filter(filter_spec=CARD.fallback).delete()
    assert generate() == "Made 2 sizes of pictures.\n"


def test_pictures_of_an_earlier_release_are_stored_again_without_metadata(
    generate, django_capture_on_commit_callbacks, settings
):
    """They had names that can be guessed, and what the camera had written."""
    image = wagtail_factories.ImageFactory()
    generate()
    before, old = image.file.name, "original_images/pantry.jpg"
    Path(settings.MEDIA_ROOT, old).write_bytes(photograph("JPEG"))
    Image.objects.update(file=old)
    sizes = set(image.renditions.values_list("file", flat=True))
    with django_capture_on_commit_callbacks(execute=True):
        assert generate() == f"Made {len(LIBRARY_SPECS)} sizes of pictures.\n"
    image = Image.objects.get()
    assert re.fullmatch(r"original_images/[0-9a-z]{12}/pantry.jpg", image.file.name)
    assert (image.width, image.height) == (30, 40)
    assert not metadata_of(image.file.read())
    left = set(all_files(default_storage)) - {before}
    assert not left & {old, *sizes}
    assert generate() == ""
