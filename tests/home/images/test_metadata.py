from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Drawing
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo
from wagtail.images import get_image_model
from wagtail.models import Collection, UploadedFile

from home.images import storage, uploads
from home.images.renditions import LIBRARY_SHAPES, specs_of
from home.images.storage import without_metadata
from stockton_cms.operations.backup.create import all_files

Image = get_image_model()
CANARY = "quetzal"
DESCRIPTION, ORIENTATION, GPS, LATITUDE = 0x010E, 0x0112, 0x8825, 2
TURNED = 6
XMP = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{CANARY}</x:xmpmeta>".encode()
COLOURS = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# IPTC in an APP13 segment: the by-line (2:80).
IPTC = (
    b"Photoshop 3.0\0008BIM\x04\x04\0\0\0\0\0\x0c\x1c\x02\x50\0\x07" + CANARY.encode()
)


def exif():
    metadata = Drawing.Exif()
    metadata[DESCRIPTION], metadata[ORIENTATION] = CANARY, TURNED
    metadata[GPS] = {1: "N", LATITUDE: (54.0, 34.0, 7.0), 3: "W", 4: (1.0, 18.0, 42.0)}
    return metadata


def photograph(kind, **more):
    """Return a phone's photograph as Pillow writes it: upright it is 30x40."""
    options = {"icc_profile": COLOURS, "exif": exif(), "xmp": XMP}
    if kind == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Author", CANARY)
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    elif kind == "JPEG":
        options["comment"] = CANARY
    elif kind == "GIF":
        options = {"comment": CANARY}
    drawing, drawn = Drawing.new("RGB", (40, 30), "navy"), BytesIO()
    drawing.save(drawn, kind, **options, **more)
    data = drawn.getvalue()
    if kind == "JPEG":
        size = (len(IPTC) + 2).to_bytes(2)
        data = data[:2] + b"\xff\xed" + size + IPTC + data[2:]
        data += data
    assert CANARY.encode() in data
    return data


KINDS = {f"a.{kind.lower()}": kind for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF")}


def metadata_of(data):
    with Drawing.open(BytesIO(data)) as drawing:
        metadata = {*drawing.getexif(), *drawing.getexif().get_ifd(GPS)}
        extra = {"exif", "xmp", "comment", "photoshop", "XML:com.adobe.xmp", "Author"}
        return metadata | (extra & drawing.info.keys())


def fields_of(file, prefix=""):
    values = {
        "title": "Pantry",
        "description": "A full pantry",
        "collection": Collection.get_first_root_node().pk,
        "file": file,
    }
    return {f"{prefix}{name}": value for name, value in values.items()}


def upload_form(client, file):
    client.post(reverse("wagtailimages:add"), fields_of(file))


def several_of_which_one_lacks_a_title(client, file):
    """Wagtail stores the file first, and creates the image later."""
    address = reverse("wagtailimages:add_multiple")
    values = {"files[]": file, "title": "x" * 300}
    client.post(address, {**values, "collection": fields_of(file)["collection"]})
    stored = UploadedFile.objects.get()
    assert not metadata_of(stored.file.read())
    sent = fields_of(file, f"uploaded-image-{stored.pk}-")
    sent.pop(f"uploaded-image-{stored.pk}-file")
    name = "wagtailimages:create_multiple_from_uploaded_image"
    client.post(reverse(name, args=[stored.pk]), sent)


def chooser(client, file):
    sent = fields_of(file, "image-chooser-upload-")
    client.post(reverse("wagtailimages_chooser:create"), sent)


def another_file(client, file):
    plain = BytesIO()
    Drawing.new("RGB", (10, 10)).save(plain, "PNG")
    stored = ContentFile(plain.getvalue(), name="old.png")
    image = Image.objects.create(title="Old", file=stored)
    client.post(reverse("wagtailimages:edit", args=[image.pk]), fields_of(file))


def program(client, file):
    Image.objects.create(title="Pantry", file=file)


WAYS = [several_of_which_one_lacks_a_title, chooser, another_file, program]


def everything_stored():
    for name in all_files(default_storage):
        with default_storage.open(name) as file:
            yield name, file.read()


def send(client, way, name, capture):
    content = photograph(KINDS[name])
    with capture(execute=True):
        way(client, SimpleUploadedFile(name, content, f"image/{KINDS[name].lower()}"))
    image = Image.objects.get()
    assert image.filename == name
    for spec in ("original", "max-165x165", "max-800x600", "width-20|format-jpeg"):
        image.get_rendition(spec)
    return image


@pytest.mark.parametrize(
    ("way", "name"),
    [*((way, "a.jpeg") for way in WAYS), *((upload_form, name) for name in KINDS)],
)
def test_nothing_is_told_of_a_photograph(
    db, admin_client, way, name, django_capture_on_commit_callbacks
):
    image = send(admin_client, way, name, django_capture_on_commit_callbacks)
    specs = set(image.renditions.values_list("filter_spec", flat=True))
    assert specs >= set(specs_of(LIBRARY_SHAPES))
    stored = dict(everything_stored())
    assert len(stored) > len(specs)
    metadata = {name: metadata_of(data) for name, data in stored.items()}
    assert not {name for name, each in metadata.items() if each}
    assert not {name for name, data in stored.items() if CANARY.encode() in data}
    with Drawing.open(image.file.path) as drawing:
        upright = (40, 30) if name == "a.gif" else (30, 40)
        assert drawing.size == upright == (image.width, image.height)
        assert drawing.format == KINDS[name]
        assert name == "a.gif" or drawing.info["icc_profile"] == COLOURS
    assert image.get_file_hash() == Image.objects.get().file_hash
    with image.file.open() as file:
        assert image.file_size in (None, len(file.read()))


def test_without_the_rule_it_would_be_public(
    db, admin_client, monkeypatch, django_capture_on_commit_callbacks
):
    for module in (storage, uploads):
        monkeypatch.setattr(module, "without_metadata", lambda file: file)
    send(admin_client, upload_form, "a.jpeg", django_capture_on_commit_callbacks)
    stored = dict(everything_stored())
    assert any(CANARY.encode() in data for data in stored.values())
    assert any(metadata_of(data) for data in stored.values())


def plain(drawing, kind, **options):
    """Return what Pillow writes, and what is left of it without metadata."""
    drawn = BytesIO()
    drawing.save(drawn, kind, **options)
    file = ContentFile(drawn.getvalue(), name="a")
    return drawn.getvalue(), without_metadata(file).read()


def pixels(data):
    with Drawing.open(BytesIO(data)) as drawing:
        return drawing.mode, drawing.convert("RGBA").tobytes()


def test_png_keeps_each_pixel_and_jpeg_hardly_changes():
    gradient = Drawing.radial_gradient("L")
    for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"):
        drawing = gradient.convert(mode.replace(";16", "")).convert(mode)
        before, after = plain(drawing, "PNG")
        assert pixels(after) == pixels(before)
        assert pixels(after)[0] == mode
    for mode in ("RGB", "L", "CMYK"):
        before, after = plain(gradient.convert(mode), "JPEG", quality=60)
        assert abs(len(after) - len(before)) < len(before) / 10
        apart = zip(pixels(after)[1], pixels(before)[1], strict=True)
        assert max(abs(one - other) for one, other in apart) < 24


def test_moving_picture_stands_still_on_its_first_frame():
    first, second = (Drawing.new("RGB", (9, 9), each) for each in ("navy", "red"))
    for kind in ("GIF", "WEBP", "PNG"):
        _, after = plain(first, kind, save_all=True, append_images=[second])
        with Drawing.open(BytesIO(after)) as drawing:
            assert getattr(drawing, "n_frames", 1) == 1
        red, _, blue, _ = pixels(after)[1][:4]
        assert red < blue
