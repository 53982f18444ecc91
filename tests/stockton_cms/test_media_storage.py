"""Pictures and documents in an S3 store are as safe and as private as on disk (O6)."""

import socket
import threading

import pytest
import wagtail_factories
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from wagtail.documents.models import Document
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from home.images.renditions import CARD
from search.indexing.documents import SearchFile
from stockton_cms import media_storage
from tests.search.indexing.files.made_files import make_pdf
from tests.search.indexing.files.offering import offer, save_file

BUCKET = "stockton-media"
Image = get_image_model()


@pytest.fixture
def bucket(store_media):
    """Keep files in an empty bucket; return boto3's client for it."""
    return store_media(f"s3://{BUCKET}/site")


@pytest.fixture
def away(bucket, monkeypatch):
    """Return a function that takes the store away."""

    def take_away():
        with socket.create_server(("127.0.0.1", 0)) as gone:
            address = f"http://127.0.0.1:{gone.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)
        default_storage._connections = threading.local()
        default_storage._bucket = None

    return take_away


@pytest.fixture
def image(db, bucket):
    return wagtail_factories.ImageFactory()


def keys(bucket):
    return {
        each["Key"]
        for each in bucket.list_objects_v2(Bucket=BUCKET).get("Contents", ())
    }


def test_picture_has_the_address_that_it_has_on_disk(client, bucket, image):
    rendition = image.get_rendition(CARD.webp[0])
    assert rendition.url == f"/media/{rendition.file.name}"
    assert f"site/{rendition.file.name}" in keys(bucket)
    response = client.get(rendition.url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert response.content.startswith(b"RIFF")
    assert response["Cache-Control"] == "public, max-age=86400"
    again = client.get(rendition.url, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304

    # Nothing else has one, nor is it public in the bucket.
    assert default_storage.exists(image.file.name)
    for path in (image.file.name, "images/..", "images/.", "images/no-such.jpg"):
        assert client.get(f"/media/{path}").status_code == 404
    acl = bucket.get_object_acl(Bucket=BUCKET, Key=f"site/{image.file.name}")
    assert {grant["Grantee"]["Type"] for grant in acl["Grants"]} == {"CanonicalUser"}


def test_document_is_given_out_by_its_view_alone_and_its_text_is_found(
    client, section, bucket, django_capture_on_commit_callbacks
):
    data = make_pdf("Allotments for all")
    with django_capture_on_commit_callbacks(execute=True):
        document = save_file(data=data)
    assert "Allotments for all" in SearchFile.objects.get(pk=document.pk).body
    offer(document, section)
    response = client.get(document.url)
    assert b"".join(response.streaming_content) == data
    assert response["Content-Length"] == str(len(data))
    assert response["Content-Type"] == "application/pdf"
    assert client.get(f"/media/{document.file.name}").status_code == 404


def test_two_machines_store_files_of_one_name(db, bucket, monkeypatch):
    """Neither knows of the other's file."""
    monkeypatch.setattr(media_storage.MediaStore, "exists", lambda *arguments: False)
    first, second = [save_file(name="plan.pdf").file.name for _ in range(2)]
    assert first != second
    assert {f"site/{first}", f"site/{second}"} <= keys(bucket)


def test_file_goes_when_its_deletion_is_saved(
    image, bucket, client, django_capture_on_commit_callbacks
):
    url = image.get_rendition(CARD.fallback).url
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            default_storage.delete(image.file.name)
            transaction.set_rollback(True)
        assert default_storage.exists(image.file.name)
    assert default_storage.exists(image.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        image.delete()
    assert keys(bucket) == set()
    assert client.get(url).status_code == 404


def test_readers_go_on_without_the_store(client, section, image, away):
    document = save_file()
    page = offer(document, section, picture=image)
    url = image.get_rendition(CARD.fallback).url
    away()
    assert client.get(page.url).status_code == 200
    assert client.get(url).status_code == 503
    response = Client(raise_request_exception=False).get(document.url)
    assert response.status_code == 503
    assert response["Retry-After"]


def test_officers_are_told_that_nothing_can_be_stored(admin_client, away):
    away()
    picture = get_test_image_file().file.getvalue()
    for name, model, file in (
        ("wagtailimages:add", Image, SimpleUploadedFile("plan.png", picture)),
        ("wagtaildocs:add", Document, SimpleUploadedFile("plan.pdf", b"%PDF-1.4")),
    ):
        form = {"title": "Plan", "file": file, "collection": "1"}
        response = admin_client.post(reverse(name), form)
        assert "cannot be uploaded at the moment" in response.content.decode()
        assert response.context["form"]["title"].value() == "Plan"
        assert not model.objects.exists()
    several = {"title": "Plan", "files[]": SimpleUploadedFile("a.png", picture)}
    response = admin_client.post(reverse("wagtailimages:add_multiple"), several)
    assert response.json()["success"] is False
    assert "cannot be uploaded at the moment" in response.json()["error_message"]


def test_store_that_is_away_is_asked_once_in_a_while(away, monkeypatch):
    away()
    asked = []
    client = default_storage.connection.meta.client
    client.meta.events.register("before-send.s3.*", lambda **_: asked.append(1))
    # The first asks the store; the others are told what the first has learnt.
    for _ in range(5):
        with pytest.raises(OSError, match=r"media store fails|storage was unavailable"):
            default_storage.open("images/a.jpg")
    attempts = default_storage.client_config.retries["total_max_attempts"]
    assert len(asked) == attempts
    monkeypatch.setattr(media_storage.breaker, "_failed_at", 0)
    with pytest.raises(OSError, match="media store fails"):
        default_storage.open("images/a.jpg")
    assert len(asked) == 2 * attempts
