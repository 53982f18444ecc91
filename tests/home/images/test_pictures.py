from pathlib import Path

import pytest
import wagtail_factories
from bs4 import BeautifulSoup
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from PIL import Image as Drawing
from wagtail.images.models import Image

from community.models import Partner
from home.images.pictures import BANNER, BODY, CARD, LOGO, SOCIAL, Picture, get_pictures
from home.models import StandardPage
from tests.factories import (
    PAGE_FACTORIES,
    PartnershipPageFactory,
    StandardPageFactory,
)

SHAPES = {"card": CARD, "banner": BANNER, "body": BODY, "social": SOCIAL, "logo": LOGO}
BLOCK = StandardPage._meta.get_field("body").stream_block
PICTURE = Picture(
    url="/media/images/pantry.jpg",
    width=960,
    height=480,
    alt="A full pantry",
    webp_srcset="/media/images/pantry.webp 960w",
    sizes="100vw",
)

each_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def make_image(width=100, height=100, **values):
    return wagtail_factories.ImageFactory(
        file__width=width, file__height=height, **values
    )


def lose_file(image):
    image.file.storage.delete(image.file.name)


def break_file(image):
    Path(image.file.path).write_bytes(b"not a picture")


def cut_file_short(image):
    path = Path(image.file.path)
    path.write_bytes(path.read_bytes()[:-200])


def picture_of(image, shape):
    return get_pictures([image.pk], shape).get(image.pk)


def sources_of(picture, media_root):
    sources = [source.split(" ") for source in picture.webp_srcset.split(", ")]
    return [
        (media_root / url.removeprefix("/media/"), int(width.removesuffix("w")))
        for url, width in sources
    ]


def widths_of(picture):
    return [int(part.split(" ")[1][:-1]) for part in picture.webp_srcset.split(", ")]


def body_of(*images, **values):
    shown = {"alt_text": "", "decorative": False, **values}
    return BLOCK.to_python(
        [{"type": "image", "value": {"image": image.pk, **shown}} for image in images]
    )


def shown(body):
    return BeautifulSoup(BLOCK.render(body), "html.parser")


def test_pictures_of_nothing_take_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert get_pictures([], CARD) == {}
        assert get_pictures([None, None], CARD) == {}


@each_shape
def test_missing_pictures_are_made_once(db, shape, django_assert_num_queries):
    ids = [make_image().pk for _ in range(3)]
    first = get_pictures(ids, shape)
    assert set(first) == set(ids)
    with django_assert_num_queries(1):
        assert get_pictures([*ids, None, ids[0]], shape) == first


@each_shape
@pytest.mark.parametrize("damage", [lose_file, break_file, cut_file_short])
def test_image_that_cannot_be_read_is_left_out(db, shape, damage):
    sound, broken = make_image(), make_image(300, 300)
    damage(broken)
    assert set(get_pictures([sound.pk, broken.pk, 999_999], shape)) == {sound.pk}


@pytest.mark.parametrize(
    ("shape", "widths", "size"),
    [
        (CARD, [320, 640], (640, 360)),
        (BANNER, [480, 960, 1440], (960, 480)),
        (BODY, [480, 960, 1440], (960, 600)),
    ],
    ids=["card", "banner", "body"],
)
def test_browsers_choose_from_the_widths_of_a_large_picture(db, shape, widths, size):
    picture = picture_of(make_image(1600, 1000), shape)
    assert widths_of(picture) == widths
    assert (picture.width, picture.height) == size
    assert picture.sizes


def test_a_small_picture_is_neither_enlarged_nor_offered_twice(db):
    image = make_image(500, 400)
    assert widths_of(picture_of(image, CARD)) == [320, 500]
    assert widths_of(picture_of(image, BANNER)) == [480, 500]
    picture = picture_of(image, BODY)
    assert widths_of(picture) == [480, 500]
    assert (picture.width, picture.height) == (500, 400)


@pytest.mark.parametrize("size", [(1600, 1000), (500, 400), (90, 2000), (1, 1)])
@pytest.mark.parametrize("shape", [CARD, BANNER, BODY], ids=["card", "banner", "body"])
def test_each_file_is_as_wide_as_browsers_are_told(db, shape, size, settings):
    picture = picture_of(make_image(*size), shape)
    sources = sources_of(picture, settings.MEDIA_ROOT)
    assert sources
    for path, width in sources:
        with Drawing.open(path) as file:
            assert (file.format, file.width) == ("WEBP", width)
    with Drawing.open(
        settings.MEDIA_ROOT / picture.url.removeprefix("/media/")
    ) as file:
        assert (file.format, file.size) == ("JPEG", (picture.width, picture.height))


def test_social_networks_get_one_jpeg_and_logos_are_png(db):
    image = make_image(1600, 1000)
    social, logo = picture_of(image, SOCIAL), picture_of(image, LOGO)
    assert (social.width, social.height, social.webp_srcset) == (1200, 630, "")
    assert (logo.width, logo.height, logo.webp_srcset) == (192, 120, "")
    assert social.url.endswith(".jpg")
    assert logo.url.endswith(".png")


def test_text_of_a_picture_is_its_description_and_never_its_title(db):
    described = make_image(title="IMG_1234.jpg", description="Volunteers at the pantry")
    silent = make_image(title="IMG_1234.jpg")
    assert picture_of(described, CARD).alt == "Volunteers at the pantry"
    assert picture_of(silent, CARD).alt == ""


def component(**values):
    html = render_to_string(
        "components/picture.html", {"picture": PICTURE, "is_lazy": True, **values}
    )
    return BeautifulSoup(html, "html.parser")


def test_component_gives_browsers_a_choice_and_room_to_keep_free():
    html = component(css_class="card__picture")
    assert html.picture.source.attrs == {
        "type": "image/webp",
        "srcset": PICTURE.webp_srcset,
        "sizes": "100vw",
    }
    assert html.picture.img.attrs == {
        "class": ["card__picture"],
        "loading": "lazy",
        "decoding": "async",
        "src": PICTURE.url,
        "alt": "A full pantry",
        "width": "960",
        "height": "480",
    }


def test_picture_at_the_top_is_fetched_at_once():
    image = component(is_lazy=False).img
    assert not image.has_attr("loading")
    assert image["fetchpriority"] == "high"


def test_place_may_give_a_picture_a_text_of_its_own_or_none():
    assert component(alt="The way in").img["alt"] == "The way in"
    assert component(alt="").img["alt"] == ""


def test_banner_shows_what_the_picture_tells(section, read, client, settings):
    image = make_image(description="Volunteers at the pantry")
    page = StandardPageFactory(parent=section, picture=image)
    banner = read(page.url).select_one("img.banner")
    assert banner["alt"] == "Volunteers at the pantry"
    assert (settings.MEDIA_ROOT / banner["src"].removeprefix("/media/")).exists()


@pytest.mark.parametrize(
    "factory", PAGE_FACTORIES, ids=lambda factory: factory._meta.model.__name__
)
def test_every_picture_of_a_page_has_text_and_size(factory, make_page, section, read):
    image = make_image(800, 600, description="Volunteers")
    body = body_of(image, image, alt_text="A full pantry")
    page = make_page(factory, picture=image, body=body)
    StandardPageFactory(parent=section, picture=image)
    if factory is PartnershipPageFactory:
        Partner.objects.create(page=page, name="Norton hub", logo=image)
    pictures = read(page.url).main.select("picture img")
    assert len(pictures) >= 3
    for picture in pictures:
        assert picture.has_attr("alt")
        assert int(picture["width"]) > 0
        assert int(picture["height"]) > 0


def test_block_is_shown_with_the_text_typed_there(db):
    image = make_image(description="Volunteers")
    typed = shown(body_of(image, alt_text="A full pantry")).img
    decoration = shown(body_of(image, alt_text="Left over", decorative=True)).img
    nothing_yet = shown(body_of(image)).img
    assert typed["alt"] == "A full pantry"
    assert decoration["alt"] == ""
    assert nothing_yet["alt"] == "Volunteers"
    assert typed["loading"] == "lazy"


def test_one_image_in_two_blocks_has_the_text_of_each(db):
    image = make_image()
    values = [
        {"image": image.pk, "alt_text": text, "decorative": False}
        for text in ("First", "Second")
    ]
    body = BLOCK.to_python([{"type": "image", "value": value} for value in values])
    assert [img["alt"] for img in shown(body).select("img")] == ["First", "Second"]


def test_block_whose_file_is_lost_shows_nothing(db):
    sound, lost = make_image(), make_image()
    lose_file(lost)
    assert len(shown(body_of(sound, lost, alt_text="Food")).select("img")) == 1


def test_five_pictures_in_a_body_take_the_queries_of_one(section, client):
    counts = []
    for number in (1, 5):
        images = [make_image() for _ in range(number)]
        body = body_of(*images, alt_text="Food")
        page = StandardPageFactory(parent=section, body=body)
        client.get(page.url)
        with CaptureQueriesContext(connection) as captured:
            html = client.get(page.url).content.decode()
        assert html.count('class="image"') == number
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_picture_that_cannot_be_made_is_not_tried_for_every_visitor(db, monkeypatch):
    image = wagtail_factories.ImageFactory()
    image.renditions.all().delete()
    attempts = []
    monkeypatch.setattr(
        "home.images.pictures.make_shapes", lambda *args: attempts.append(args)
    )
    for _ in range(3):
        assert get_pictures([image.pk], CARD) == {}
    assert len(attempts) == 1


@pytest.mark.django_db
def test_title_is_never_suggested_as_alt_text():
    described = Image(title="IMG_2041", description="A full pantry")
    assert described.default_alt_text == "A full pantry"
    assert Image(title="IMG_2041").default_alt_text == ""
