from pathlib import Path

import pytest
import wagtail_factories
from bs4 import BeautifulSoup
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from PIL import Image as Drawing
from wagtail.images.models import Image

from home.images.renditions import (
    BANNER,
    BODY,
    CARD,
    LOGO,
    SOCIAL,
    Picture,
    get_pictures,
)
from home.models import StandardPage
from tests.factories import StandardPageFactory

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


def body_of(*values):
    return BLOCK.to_python([{"type": "image", "value": value} for value in values])


def block(image, text="", decorative=False):
    return {"image": image.pk, "alt_text": text, "decorative": decorative}


def shown(*values):
    html = BLOCK.render(body_of(*values))
    return BeautifulSoup(html, "html.parser").select("img")


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_missing_pictures_are_made_once_and_those_of_no_image_left_out(
    db, shape, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert get_pictures([None, None], shape) == {}
    ids = [make_image().pk for _ in range(2)]
    first = get_pictures(ids, shape)
    assert set(first) == set(ids)
    with django_assert_num_queries(1):
        assert get_pictures([*ids, None, ids[0]], shape) == first
    for damage in (lose_file, break_file, cut_file_short):
        broken = make_image(300, 300)
        damage(broken)
        assert set(get_pictures([ids[0], broken.pk, 999_999], shape)) == {ids[0]}


@pytest.mark.parametrize(
    ("size", "shape", "widths", "shown_size"),
    [
        ((1600, 1000), CARD, [320, 640], (640, 360)),
        ((1600, 1000), BANNER, [480, 960, 1440], (960, 480)),
        ((1600, 1000), BODY, [480, 960, 1440], (960, 600)),
        # Neither enlarged nor offered twice.
        ((500, 400), CARD, [320, 500], (500, 281)),
        ((500, 400), BODY, [480, 500], (500, 400)),
        ((90, 2000), BANNER, [90], (90, 45)),
        ((1, 1), CARD, [1], (1, 1)),
        # Too long for WebP.
        ((20, 16_400), BODY, [], (20, 16_400)),
    ],
)
def test_browsers_choose_from_files_that_are_as_wide_as_they_say(
    db, size, shape, widths, shown_size, settings
):
    def read(url):
        return Drawing.open(settings.MEDIA_ROOT / url.removeprefix("/media/"))

    picture = picture_of(make_image(*size), shape)
    assert (picture.width, picture.height) == pytest.approx(shown_size, abs=1)
    assert picture.sizes
    with read(picture.url) as file:
        assert (file.format, file.size) == ("JPEG", (picture.width, picture.height))
    sources = [each.split() for each in picture.webp_srcset.split(", ") if each]
    assert [int(width[:-1]) for _, width in sources] == widths
    for url, width in sources:
        with read(url) as file:
            assert (file.format, f"{file.width}w") == ("WEBP", width)


def test_social_networks_get_one_jpeg_and_logos_are_png(db):
    image = make_image(1600, 1000)
    social, logo = picture_of(image, SOCIAL), picture_of(image, LOGO)
    assert (social.width, social.height, social.webp_srcset) == (1200, 630, "")
    assert (logo.width, logo.height, logo.webp_srcset) == (192, 120, "")
    assert social.url.endswith(".jpg")
    assert logo.url.endswith(".png")


def test_alt_text_is_the_description_and_never_the_title(db):
    for description in ("Volunteers at the pantry", ""):
        image = make_image(title="IMG_1234.jpg", description=description)
        assert picture_of(image, CARD).alt == description
        assert Image.objects.get(pk=image.pk).default_alt_text == description


def component(**values):
    context = {"picture": PICTURE, "is_lazy": True, **values}
    html = render_to_string("components/picture.html", context)
    return BeautifulSoup(html, "html.parser").picture


def test_component_gives_browsers_a_choice_and_room_to_keep_free():
    picture = component(css_class="card__picture")
    assert picture.source.attrs == {
        "type": "image/webp",
        "srcset": PICTURE.webp_srcset,
        "sizes": "100vw",
    }
    assert picture.img.attrs == {
        "class": ["card__picture"],
        "loading": "lazy",
        "decoding": "async",
        "src": PICTURE.url,
        "alt": "A full pantry",
        "width": "960",
        "height": "480",
    }
    # At the top it is fetched at once, and a place may have a text of its own.
    first = component(is_lazy=False, alt="").img
    assert not first.has_attr("loading")
    assert (first["fetchpriority"], first["alt"]) == ("high", "")


def test_block_is_shown_with_the_text_typed_there(db):
    image, lost = make_image(description="Volunteers"), make_image()
    lose_file(lost)
    images = shown(
        block(image, "First"),
        block(image, "Second"),
        block(image, "Left over", decorative=True),
        block(image),
        block(lost, "Lost"),
    )
    assert [each["alt"] for each in images] == ["First", "Second", "", "Volunteers"]
    assert images[0]["loading"] == "lazy"


def test_five_pictures_in_a_body_take_the_queries_of_one(section, client):
    counts = []
    for number in (1, 5):
        body = body_of(*(block(make_image(), "Food") for _ in range(number)))
        page = StandardPageFactory(parent=section, body=body)
        client.get(page.url)
        with CaptureQueriesContext(connection) as captured:
            html = client.get(page.url).content.decode()
        assert html.count('class="image"') == number
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_picture_that_cannot_be_made_is_not_tried_for_every_visitor(db, monkeypatch):
    image = make_image()
    image.renditions.all().delete()
    attempts = []
    monkeypatch.setattr(
        "home.images.renditions.make_shapes", lambda *args: attempts.append(args)
    )
    for _ in range(3):
        assert get_pictures([image.pk], CARD) == {}
    assert len(attempts) == 1
