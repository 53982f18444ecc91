"""Only the sizes made for pages are served; originals and documents are not."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from wagtail.documents.models import Document
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, CollectionViewRestriction


@pytest.fixture
def image(db):
    return get_image_model().objects.create(
        title="Pantry", file=get_test_image_file("pantry.jpg")
    )


@pytest.fixture
def document(db):
    file = ContentFile(b"%PDF-1.4 the plan", name="plan.pdf")
    return Document.objects.create(title="Plan", file=file)


@pytest.mark.parametrize(
    ("kind", "first_bytes"),
    [("jpeg", b"\xff\xd8\xff"), ("webp", b"RIFF"), ("png", b"\x89PNG")],
)
def test_size_made_for_pages_is_served(client, image, kind, first_bytes):
    rendition = image.get_rendition(f"width-100|format-{kind}")
    response = client.get(rendition.url)
    assert response.status_code == 200
    assert response["Content-Type"] == f"image/{kind}"
    assert response.content.startswith(first_bytes)


def test_original_has_no_address(client, image):
    assert Path(image.file.path).exists()
    assert image.file.url.startswith("/media/original_images/")
    assert client.get(image.file.url).status_code == 404


def test_file_of_a_document_has_no_address_but_its_own(client, document):
    assert Path(document.file.path).exists()
    assert client.get(document.file.url).status_code == (
        200 if document.file.url == document.url else 404
    )
    assert client.get(f"/media/{document.file.name}").status_code == 404
    response = client.get(document.url)
    assert b"".join(response.streaming_content) == b"%PDF-1.4 the plan"


def test_private_document_stays_private(client, document, django_user_model):
    collection = Collection.get_first_root_node().add_child(name="Members")
    document.collection = collection
    document.save()
    CollectionViewRestriction.objects.create(
        collection=collection, restriction_type="login"
    )
    assert client.get(document.url).status_code == 302


@pytest.mark.parametrize(
    "path",
    [
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
    ],
)
def test_no_way_leads_out_of_the_folder(client, image, document, path):
    image.get_rendition("width-100")
    secret = Path(settings.MEDIA_ROOT) / "secret.txt"
    secret.write_text("secret")
    response = client.get(f"/media/{path}")
    assert response.status_code in (301, 404)
    if response.status_code == 301:
        assert client.get(f"/media/{path}", follow=True).status_code == 404
