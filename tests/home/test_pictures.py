"""Pictures are made in their sizes before visitors ask for them."""

from pathlib import Path

import pytest
import wagtail_factories

from home.pictures import BANNER_SPEC, CARD_SPEC, LOGO_SPEC, get_pictures
from tests.factories import StandardPageFactory


def specs_of(image):
    return set(image.renditions.values_list("filter_spec", flat=True))


def lose_file(image):
    image.file.storage.delete(image.file.name)


def break_file(image):
    Path(image.file.path).write_bytes(b"not a picture")


def test_publishing_a_page_makes_the_sizes_of_its_picture(section):
    page = StandardPageFactory(parent=section, live=False)
    page.picture = wagtail_factories.ImageFactory()
    revision = page.save_revision()
    assert specs_of(page.picture) == set()
    revision.publish()
    assert specs_of(page.picture) == {CARD_SPEC, BANNER_SPEC}


@pytest.mark.parametrize("damage", [lose_file, break_file])
def test_page_whose_picture_is_lost_can_be_published(damage, section):
    image = wagtail_factories.ImageFactory()
    damage(image)
    page = StandardPageFactory(parent=section, picture=image)
    page.save_revision().publish()
    page.refresh_from_db()
    assert page.live


def test_renditions_of_nothing_take_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert get_pictures([], CARD_SPEC) == {}
        assert get_pictures([None, None], CARD_SPEC) == {}


def test_missing_renditions_are_made_once(db, django_assert_num_queries):
    images = wagtail_factories.ImageFactory.create_batch(3)
    ids = [image.pk for image in images]
    first = get_pictures(ids, LOGO_SPEC)
    assert set(first) == set(ids)
    with django_assert_num_queries(1):
        assert get_pictures([*ids, None, ids[0]], LOGO_SPEC) == first


def test_image_that_is_gone_is_left_out(db):
    here, lost = wagtail_factories.ImageFactory.create_batch(2)
    lose_file(lost)
    found = get_pictures([here.pk, lost.pk, 999_999], CARD_SPEC)
    assert set(found) == {here.pk}


def test_banner_shows_what_the_picture_tells(section, read):
    image = wagtail_factories.ImageFactory(description="Volunteers at the pantry")
    page = StandardPageFactory(parent=section, picture=image)
    banner = read(page.url).select_one("img.banner")
    assert banner["alt"] == "Volunteers at the pantry"
    assert banner["src"].startswith("/media/images/")


def test_page_without_a_picture_has_no_banner(section, read):
    page = StandardPageFactory(parent=section)
    assert not read(page.url).select("img.banner")


def test_picture_of_a_page_can_be_fetched(section, read, client, settings):
    page = StandardPageFactory(parent=section, picture=wagtail_factories.ImageFactory())
    banner = read(page.url).select_one("img.banner")
    assert (settings.MEDIA_ROOT / banner["src"].removeprefix("/media/")).exists()
