"""The sizes made for pages are there and served; originals and documents are not.

What no one may have is in `test_leaks_of_media.py`.
"""

import re
from contextlib import closing
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path

import pytest
import wagtail_factories
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from wagtail.images import get_image_model

from community.models import Partner
from home.images.renditions import CARD, LIBRARY_SHAPES, LOGO, specs_of
from stockton_cms.operations.backup.create import all_files
from tests.factories import PartnershipPageFactory
from tests.home.images.test_metadata import metadata_of, photograph
from tests.search.indexing.files.offering import offer, save_file
from tests.stockton_cms.nginx import SiteServer

Image = get_image_model()
LIBRARY_SPECS = set(specs_of(LIBRARY_SHAPES))


@pytest.fixture
def document(db):
    return save_file(data=b"%PDF-1.4 the plan")


WAYS_OUT = [
    "images/../original_images/pantry.jpg",
    "images/..%2Foriginal_images%2Fpantry.jpg",
    "images/%2e%2e/documents/plan.pdf",
    "images/..",
    "images/.",
    "images/",
    "images",
    "",
    "images/..%5cdocuments%5cplan.pdf",
    "images//etc/passwd",
    "images/%2fetc%2fpasswd",
    "../db.sqlite3",
    "images/../../db.sqlite3",
    "images/%00",
    "images/pantry.jpg%00.jpg",
    "images/%ff",
    "images/a%0ab",
    "images/" + "x" * 300,
    "images/" + "%C3%A9" * 200,
    "original_images/pantry.jpg",
    "documents/plan.pdf",
]


def test_sizes_made_for_pages_are_served_and_no_way_leads_out_of_their_folder(
    client, document
):
    image = wagtail_factories.ImageFactory()
    for kind, spec, first_bytes in (
        ("jpeg", CARD.fallback, b"\xff\xd8\xff"),
        ("webp", CARD.webp[0], b"RIFF"),
        ("png", LOGO.fallback, b"\x89PNG"),
    ):
        response = client.get(image.get_rendition(spec).url)
        assert response.status_code == 200
        assert response["Content-Type"] == f"image/{kind}"
        assert response.content.startswith(first_bytes)
    assert image.file.url.startswith("/media/original_images/")
    for file in (image.file, document.file):
        assert Path(file.path).exists()
        assert client.get(f"/media/{file.name}").status_code == 404
    (Path(settings.MEDIA_ROOT) / "secret.txt").write_text("secret")
    for path in WAYS_OUT:
        response = client.get(f"/media/{path}", follow=True)
        assert response.status_code == 404, path


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_document_is_at_its_own_address_with_what_a_browser_needs(section, document):
    """From a real server, as WSGI itself adds headers."""
    offer(document, section)
    site = SiteServer()

    def ask(**headers):
        connection = HTTPConnection("127.0.0.1", site.server_port, timeout=20)
        named = {"Host": "localhost", "Accept-Encoding": "gzip, br", **headers}
        connection.request("GET", document.url, headers=named)
        with closing(connection), connection.getresponse() as response:
            return response.status, response.headers, response.read()

    status, headers, body = ask()
    assert (status, body) == (200, b"%PDF-1.4 the plan")
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Length"] == "17"
    assert headers["Content-Disposition"] == 'inline; filename="plan.pdf"'
    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, again, body = ask(**{"If-None-Match": headers["ETag"]})
    site.stop()
    assert (status, body) == (304, b"")
    for each in (headers, again):
        assert "Content-Encoding" not in each
        assert "None" not in each.values()


# Preparing the site makes the sizes that pictures lack, as after a new release


def generate():
    """Return what the command says."""
    output = StringIO()
    call_command("generate_renditions", stdout=output)
    return output.getvalue()


def specs_made(image):
    return set(image.renditions.values_list("filter_spec", flat=True))


def test_what_is_missing_is_made_once(section, django_assert_num_queries):
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
    for image in (first, logo):
        image.renditions.filter(filter_spec=CARD.fallback).delete()
    assert generate() == "Made 2 sizes of pictures.\n"


def test_pictures_of_an_earlier_release_are_stored_again_without_metadata(
    db, django_capture_on_commit_callbacks
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
