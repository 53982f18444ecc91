import io
import struct
import time
import zlib
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Picture
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection

from home.images import storage, uploads
from tests.search.indexing.files.made_files import (
    MEGABYTE,
    make_archive,
    make_docx,
    make_open_document,
    make_pdf,
    word_paragraph,
)

MAX_SECONDS, MAX_MEGABYTES = 2, 200


def picture(kind, size=(40, 30), **options):
    file = io.BytesIO()
    Picture.new("RGB", size, "navy").save(file, kind, **options)
    return file.getvalue()


def png_chunk(name, data):
    return (
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
    )


def png(width, height, *more):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * (3 * min(width, 1_000) + 1))
    chunks = [(b"IHDR", header), *more, (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*each) for each in chunks)


def full_archive(name, megabytes, **parts):
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
        with archive.open(name, "w", force_zip64=True) as part:
            for _ in range(megabytes):
                part.write(b" " * MEGABYTE)
    return file.getvalue()


HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PROGRAM = b"\x7fELF\x02\x01\x01" + b"\0" * 200
MARKUP = f"<%PDF-1.7>{HTML.decode()}".encode()

GOOD = {
    "a.pdf": lambda: make_pdf("Plan"),
    "a.docx": lambda: make_docx(word_paragraph("Plan")),
    "a.odt": lambda: make_open_document("text", "<text:p>Plan</text:p>"),
    "a.ods": lambda: make_open_document("spreadsheet", "<text:p>Plan</text:p>"),
    "a.xlsx": lambda: make_archive({"xl/workbook.xml": "<workbook/>"}),
    "a.csv": lambda: "Name,Café\n1,£2\n".encode(),
    "a.png": lambda: picture("PNG"),
    "a.jpg": lambda: picture("JPEG"),
    "a.gif": lambda: picture("GIF"),
    "a.webp": lambda: picture("WEBP"),
    "a.avif": lambda: picture("AVIF"),
}
# The name under which something comes, and what is in it.
WRONG = {
    "HTML as PDF": ("a.pdf", HTML),
    "HTML that mentions PDF": ("a.pdf", MARKUP),
    "HTML as CSV": ("a.csv", b"\n " + HTML),
    "program as CSV": ("a.csv", PROGRAM),
    "PDF as CSV": ("a.csv", b"%PDF-1.7 x"),
    "HTML as Word": ("a.docx", HTML),
    "spreadsheet as Word": ("a.docx", GOOD["a.xlsx"]),
    "Word as spreadsheet": ("a.xlsx", GOOD["a.docx"]),
    "text as OpenDocument spreadsheet": ("a.ods", GOOD["a.odt"]),
    "archive as OpenDocument": ("a.odt", lambda: make_archive({"a": "b"})),
    "damaged archive": ("a.docx", b"PK\3\4" + b"\0" * 100),
    "HTML by name": ("a.html", HTML),
    "SVG by name": ("a.svg", SVG),
    "script by name": ("a.js", b"alert(1)"),
    "macros by name": ("a.docm", GOOD["a.docx"]),
    "no ending": ("a", b"%PDF-1.7"),
    "nothing": ("a.pdf", b""),
    "SVG as a picture": ("a.png", SVG),
    "HTML as a picture": ("a.gif", b"GIF89a" + HTML),
    "PNG as JPEG": ("a.jpg", GOOD["a.png"]),
    "TIFF as PNG": ("a.png", lambda: picture("TIFF")),
    "SVG picture": ("picture.svg", SVG),
    "half a picture": ("a.png", lambda: picture("PNG")[:20]),
    "too many megabytes": ("a.csv", b"a,b\n" * (3 * MEGABYTE)),
}
BOMBS = {
    "picture just above the limit": (
        "a.jpg",
        lambda: picture("JPEG", (5_001, 5_000)),
    ),
    "PNG with a text of 300 megabytes": (
        "a.png",
        lambda: png(
            9, 9, (b"zTXt", b"a\0\0" + zlib.compress(bytes(300 * MEGABYTE), 1))
        ),
    ),
    "GIF of four billion pixels": (
        "a.gif",
        lambda: picture("GIF").replace(
            struct.pack("<HH", 40, 30), struct.pack("<HH", 65_535, 65_535)
        ),
    ),
    "JPEG of a billion pixels": (
        "a.jpg",
        lambda: picture("JPEG").replace(
            struct.pack(">HH", 30, 40), struct.pack(">HH", 20_000, 60_000), 1
        ),
    ),
    "Word file that unpacks to 600 megabytes": (
        "a.docx",
        lambda: full_archive("word/document.xml", 600),
    ),
    "spreadsheet of 6,000 parts": (
        "a.xlsx",
        lambda: make_archive({f"xl/{number}": "" for number in range(6_000)}),
    ),
    "OpenDocument whose kind unpacks to 600 megabytes": (
        "a.odt",
        lambda: full_archive("mimetype", 600, **{"content.xml": ""}),
    ),
}
PICTURES = ("png", "jpg", "gif", "webp", "avif")


@pytest.fixture
def upload(admin_client):
    root = Collection.get_first_root_node()

    def send(name, content):
        is_picture = name.startswith("picture") or name.endswith(PICTURES)
        model = get_image_model() if is_picture else get_document_model()
        before = model.objects.count()
        response = admin_client.post(
            reverse("wagtailimages:add" if is_picture else "wagtaildocs:add"),
            {
                "title": "Plan",
                "description": "Plan",
                "collection": root.pk,
                "file": SimpleUploadedFile(name, content),
            },
        )
        assert response.status_code in (200, 302), name
        is_taken = model.objects.count() > before
        assert (response.status_code == 302) == is_taken
        return is_taken

    return send


def made(content):
    return content() if callable(content) else content


def test_only_files_that_hold_what_their_names_say_are_taken(upload):
    wrong = {what: (name, made(content)) for what, (name, content) in WRONG.items()}
    assert not [what for what, (name, data) in wrong.items() if upload(name, data)]
    assert [name for name in GOOD if not upload(name, GOOD[name]())] == []


@pytest.mark.django_db
def test_photo_of_an_iphone_is_refused_with_advice(admin_client):
    photo = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    for address, name in (("add", "file"), ("add_multiple", "files[]")):
        file = SimpleUploadedFile("IMG_1.HEIC", photo)
        response = admin_client.post(
            reverse(f"wagtailimages:{address}"), {"title": "Photo", name: file}
        )
        assert "Save a copy as a JPEG" in response.text, address


def test_without_our_look_into_documents_a_web_page_would_be_taken(upload, monkeypatch):
    monkeypatch.setattr(uploads, "check_document", lambda file, name: None)
    assert upload("a.pdf", HTML)


def test_without_our_look_into_pictures_a_damaged_one_would_be_a_server_error(
    upload, monkeypatch
):
    @contextmanager
    def as_it_is():
        yield

    monkeypatch.setattr(uploads, "unreadable_image_as_form_error", as_it_is)
    with pytest.raises(OSError, match="cannot identify"):
        upload("a.gif", WRONG["HTML as a picture"][1])


def test_without_the_limit_of_pixels_a_large_picture_would_be_taken(upload, settings):
    settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS = None
    assert upload("a.jpg", BOMBS["picture just above the limit"][1]())


def test_file_is_begun_only_where_there_is_room(monkeypatch):
    disk = Mock(free=3)
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda path: disk)
    with pytest.raises(OSError, match="No space left"):
        default_storage.save("folder/a.txt", ContentFile(b"four"))
    assert not default_storage.exists("folder")
    disk.free = 4
    name = default_storage.save("folder/a.txt", ContentFile(b"four"))
    assert default_storage.size(name) == 4


def memory(name):
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


@pytest.mark.security
@pytest.mark.parametrize("what", BOMBS)
def test_bomb_is_refused_quickly_and_in_little_memory(upload, what, record_property):
    name, make = BOMBS[what]
    bomb = make()
    before = memory("VmRSS")
    # Resets the peak memory usage.
    Path("/proc/self/clear_refs").write_text("5")
    started = time.perf_counter()
    assert not upload(name, bomb)
    seconds, megabytes = time.perf_counter() - started, memory("VmHWM") - before
    record_property("measured", f"{seconds:.1f} s, {max(megabytes, 0):.0f} MB")
    assert seconds < MAX_SECONDS
    assert megabytes < MAX_MEGABYTES
