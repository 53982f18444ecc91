from io import BytesIO
from pathlib import Path
from unittest.mock import Mock

import pytest
import wagtail_factories
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from django.urls import reverse
from PIL import Image as Drawing
from wagtail.images import get_image_model
from wagtail.images.models import Rendition
from wagtail.models import Collection
from wagtail.test.utils.form_data import nested_form_data, streamfield

from community.models import Partner
from home.content_version import get_content_version
from home.images.renditions import (
    BANNER,
    BODY,
    CARD,
    LIBRARY_SHAPES,
    LOGO,
    SOCIAL,
    Picture,
    get_pictures,
    make_shapes,
    specs_of,
)
from home.models import StandardPage
from tests.factories import PAGE_FACTORIES, PartnershipPageFactory, StandardPageFactory

LIBRARY_SPECS = set(specs_of(LIBRARY_SHAPES))
Image = get_image_model()
RED, BLUE = (200, 20, 20), (20, 20, 200)
BLOCK = StandardPage._meta.get_field("body").stream_block
PICTURE = Picture(
    url="/media/images/pantry.jpg",
    width=960,
    height=480,
    alt="A full pantry",
    webp_srcset="/media/images/pantry.webp 960w",
    sizes="100vw",
)


@pytest.fixture
def committed(db, django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def uploaded(committed):
    def make(**values):
        with committed():
            return wagtail_factories.ImageFactory(**values)

    return make


def specs_made(image):
    return set(image.renditions.values_list("filter_spec", flat=True))


def files_below(folder):
    return {path for path in Path(folder).rglob("*") if path.is_file()}


def file_of(*colours, size=(1600, 900), **options):
    drawing = Drawing.new("RGB", size)
    width = size[0] // len(colours)
    for place, colour in enumerate(colours):
        drawing.paste(colour, (place * width, 0, (place + 1) * width, size[1]))
    buffer = BytesIO()
    drawing.save(buffer, "jpeg", **options)
    return ContentFile(buffer.getvalue(), name="pantry.jpg")


def open_picture(image, shape, settings):
    url = get_pictures([image.pk], shape)[image.pk].url
    return Drawing.open(settings.MEDIA_ROOT / url.removeprefix("/media/"))


def colour_in_the_middle(image, shape, settings):
    with open_picture(image, shape, settings) as picture:
        red, _, blue = picture.getpixel((picture.width // 2, picture.height // 2))
    return "red" if red > blue else "blue"


def send_image_form(client, address, **values):
    data = {
        "title": "Pantry",
        "collection": Collection.get_first_root_node().pk,
        "description": "A full pantry",
        **values,
    }
    return client.post(address, data)


def test_another_file_in_the_admin_makes_all_sizes_again_but_another_text_none(
    db, admin_client, committed, uploaded, settings
):
    image = uploaded(file=file_of(RED))
    assert colour_in_the_middle(image, CARD, settings) == "red"
    before = files_below(settings.MEDIA_ROOT / "images")
    version = get_content_version()
    with committed():
        address = reverse("wagtailimages:edit", args=[image.pk])
        send_image_form(admin_client, address, file=file_of(BLUE))
    assert get_content_version() > version
    assert colour_in_the_middle(image, CARD, settings) == "blue"
    assert specs_made(image) >= LIBRARY_SPECS
    after = files_below(settings.MEDIA_ROOT / "images")
    assert not before & after
    with committed():
        send_image_form(admin_client, address, description="Another text")
    assert files_below(settings.MEDIA_ROOT / "images") == after


def test_another_focal_point_in_the_admin_is_in_the_picture_at_once(
    db, admin_client, committed, uploaded, settings
):
    image = uploaded(file=file_of(RED, BLUE, size=(4000, 1000)))
    address = reverse("wagtailimages:edit", args=[image.pk])
    size = {"focal_point_width": 100, "focal_point_height": 100}
    version, seen = get_content_version(), []
    for x in (3900, 100, 3900):
        with committed():
            place = {"focal_point_x": x, "focal_point_y": 500}
            send_image_form(admin_client, address, **place, **size)
        made = Rendition.objects.count()
        seen.append(colour_in_the_middle(image, CARD, settings))
        assert Rendition.objects.count() == made
    assert seen == ["blue", "red", "blue"]
    # Three for the image, and two for files that were new.
    assert get_content_version() == version + 5


def test_sizes_made_from_a_reduced_copy_are_those_of_the_original(db, settings):
    file = file_of(RED, RED, RED, BLUE, RED, RED, size=(6000, 2880))
    where = {"focal_point_x": 3500, "focal_point_y": 1400}
    size = {"focal_point_width": 400, "focal_point_height": 400}
    image = Image.objects.create(title="Wide", file=file, **where, **size)
    make_shapes([image.pk], *LIBRARY_SHAPES, LOGO)
    for rendition in image.renditions.all():
        wanted = rendition.filter.get_transform(image).size
        assert (rendition.width, rendition.height) == pytest.approx(wanted, abs=1)
    with open_picture(image, CARD, settings) as picture:
        ours = blue_columns(picture)
    with image.get_rendition("fill-640x360|format-jpeg").file.open() as file:
        theirs = blue_columns(Drawing.open(file))
    assert (ours[0], ours[-1]) == pytest.approx((theirs[0], theirs[-1]), abs=1)
    assert 0 < ours[0] < ours[-1] < 639


def blue_columns(picture):
    pixels = [picture.getpixel((x, 180)) for x in range(picture.width)]
    return [x for x, (red, _, blue) in enumerate(pixels) if blue > red]


def test_image_of_any_kind_of_colour_has_all_sizes(db):
    grey = 30_000
    for mode in ("1", "CMYK", "LA", "P", "I;16"):
        buffer = BytesIO()
        kind, name = ("JPEG", "a.jpg") if mode == "CMYK" else ("PNG", "a.png")
        drawing = Drawing.new(mode, (700, 500), grey if mode == "I;16" else 0)
        drawing.save(buffer, kind)
        file = ContentFile(buffer.getvalue(), name=name)
        image = Image.objects.create(title="Kind", file=file)
        make_shapes([image.pk], *LIBRARY_SHAPES, LOGO)
        assert specs_made(image) == LIBRARY_SPECS | set(LOGO.specs)
    with image.renditions.get(filter_spec=BODY.fallback).file.open() as made:
        tone = Drawing.open(made).convert("L").getpixel((20, 20))
    assert tone == pytest.approx(grey / 256, abs=3)


@pytest.mark.parametrize("is_live", [True, False])
def test_saving_a_page_in_the_admin_makes_what_its_pictures_lack(
    is_live, section, send_form, committed
):
    picture, in_body = wagtail_factories.ImageFactory.create_batch(2)
    page = StandardPageFactory(parent=section, live=is_live)
    block = {"image": in_body.pk, "alt_text": "Food", "decorative": ""}
    fields = nested_form_data({"body": streamfield([("image", block)])})
    with committed():
        send_form(
            reverse("wagtailadmin_pages:edit", args=[page.pk]),
            button="action-publish" if is_live else None,
            picture=picture.pk,
            minor_edit="on",
            **fields,
        )
        # Not before the page is safe.
        assert specs_made(picture) == set()
    page = StandardPage.objects.get(pk=page.pk)
    draft = page.get_latest_revision_as_object()
    assert page.live is is_live
    assert (draft.picture, draft.body[0].value.pk) == (picture, in_body.pk)
    assert specs_made(picture) == specs_made(in_body) == LIBRARY_SPECS


def test_page_is_published_even_where_making_pictures_fails(
    section, committed, monkeypatch
):
    fail = Mock(side_effect=RuntimeError("out of order"))
    monkeypatch.setattr("home.images.renditions.make_shapes", fail)
    page = StandardPageFactory(parent=section, live=False)
    page.picture = wagtail_factories.ImageFactory()
    with committed():
        page.save_revision().publish()
    assert fail.called
    assert StandardPage.objects.get(pk=page.pk).live


@pytest.mark.parametrize(
    "factory", PAGE_FACTORIES, ids=lambda factory: factory._meta.model.__name__
)
def test_visitors_have_nothing_made(
    factory, make_page, section, client, uploaded, committed, settings
):
    picture, first, second, logo = (
        uploaded(description="Volunteers") for _ in range(4)
    )
    body = body_of(block(first, "Food"), block(second, "Food"))
    with committed():
        page = make_page(factory, picture=picture, body=body)
        StandardPageFactory(parent=section, picture=picture)
    if factory is PartnershipPageFactory:
        with committed():
            page.partners = [Partner(name="Norton hub", logo=logo)]
            revision = page.save_revision()
        assert specs_made(logo) >= set(LOGO.specs)
        revision.publish()
    rows = set(Rendition.objects.values_list("pk", flat=True))
    files = files_below(settings.MEDIA_ROOT)
    main = BeautifulSoup(client.get(page.url).content, "html.parser").main
    pictures = main.select("picture img")
    assert len(pictures) >= 3
    assert len(main.select("img.image")) == 2
    assert {each["alt"] for each in main.select("img.banner")} <= {"Volunteers"}
    for each in pictures:
        assert each.has_attr("alt")
        assert int(each["width"]) > 0
        assert int(each["height"]) > 0
    assert set(Rendition.objects.values_list("pk", flat=True)) == rows
    assert files_below(settings.MEDIA_ROOT) == files


# What templates get


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


def test_missing_pictures_are_made_once_and_those_of_no_image_left_out(
    db, django_assert_num_queries, caplog
):
    with django_assert_num_queries(0):
        assert get_pictures([None, None], CARD) == {}
    ids = [make_image().pk for _ in range(2)]
    first = get_pictures(ids, CARD)
    assert set(first) == set(ids)
    with django_assert_num_queries(1):
        assert get_pictures([*ids, None, ids[0]], CARD) == first
    for damage in (lose_file, break_file, cut_file_short):
        broken = make_image(300, 300)
        damage(broken)
        caplog.clear()
        for _ in range(3):
            assert set(get_pictures([ids[0], broken.pk, 999_999], CARD)) == {ids[0]}
        # Not tried for every visitor.
        assert caplog.text.count("cannot be read") == 1


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
        # Social networks get one file.
        ((1600, 1000), SOCIAL, [], (1200, 630)),
    ],
)
def test_browsers_choose_from_files_that_are_as_wide_as_they_say(
    db, size, shape, widths, shown_size, settings
):
    def read(url):
        return Drawing.open(settings.MEDIA_ROOT / url.removeprefix("/media/"))

    picture = picture_of(make_image(*size), shape)
    assert (picture.width, picture.height) == pytest.approx(shown_size, abs=1)
    assert bool(picture.sizes) == (shape != SOCIAL)
    with read(picture.url) as file:
        assert (file.format, file.size) == ("JPEG", (picture.width, picture.height))
    sources = [each.split() for each in picture.webp_srcset.split(", ") if each]
    assert [int(width[:-1]) for _, width in sources] == widths
    for url, width in sources:
        with read(url) as file:
            assert (file.format, f"{file.width}w") == ("WEBP", width)


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
    assert picture.source["srcset"] == PICTURE.webp_srcset
    assert picture.source["sizes"] == "100vw"
    image = picture.img
    assert (image["src"], image["alt"]) == (PICTURE.url, "A full pantry")
    assert (image["width"], image["height"]) == ("960", "480")
    assert (image["class"], image["loading"]) == (["card__picture"], "lazy")
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
