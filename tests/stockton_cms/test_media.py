"""Only the sizes made for pages are served; originals and documents are not.

What no one may have is in tests/stockton_cms/test_leaks_of_media.py.
"""

from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from wagtail.documents.models import Document
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from home.images.renditions import CARD, LOGO
from tests.search.indexing.files.offering import offer
from tests.stockton_cms.nginx import SiteServer


@pytest.fixture
def image(db):
    return get_image_model().objects.create(
        title="Pantry", file=get_test_image_file("pantry.jpg")
    )


@pytest.fixture
def document(db):
    file = ContentFile(b"%PDF-1.4 the plan", name="plan.pdf")
    return Document.objects.create(title="Plan", file=file)


def test_sizes_made_for_pages_are_served_and_the_original_is_not(client, image):
    for kind, spec, first_bytes in (
        ("jpeg", CARD.fallback, b"\xff\xd8\xff"),
        ("webp", CARD.webp[0], b"RIFF"),
        ("png", LOGO.fallback, b"\x89PNG"),
    ):
        response = client.get(image.get_rendition(spec).url)
        assert response.status_code == 200
        assert response["Content-Type"] == f"image/{kind}"
        assert response.content.startswith(first_bytes)
    assert Path(image.file.path).exists()
    assert image.file.url.startswith("/media/original_images/")
    assert client.get(image.file.url).status_code == 404


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_document_is_at_its_own_address_with_what_a_browser_needs(
    client, section, document
):
    """From a real server, as WSGI itself adds headers."""
    offer(document, section)
    assert Path(document.file.path).exists()
    assert client.get(f"/media/{document.file.name}").status_code == 404
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


def test_no_way_leads_out_of_the_folder(client, image, document):
    image.get_rendition(CARD.fallback)
    (Path(settings.MEDIA_ROOT) / "secret.txt").write_text("secret")
    for path in WAYS_OUT:
        response = client.get(f"/media/{path}")
        assert response.status_code in (301, 404), path
        if response.status_code == 301:
            assert client.get(f"/media/{path}", follow=True).status_code == 404, path
