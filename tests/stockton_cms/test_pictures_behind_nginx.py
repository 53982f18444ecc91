"""nginx keeps pictures that come from the media store, and goes on without it (O6)."""

import time

import pytest
from django.core.files.storage import default_storage
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from home.images.pictures import CARD
from stockton_cms import media
from tests.stockton_cms.nginx import SiteServer, Visitor, nginx_in_front

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture
def visitor(home, tmp_path, monkeypatch):
    monkeypatch.setattr(media, "SECONDS_IN_NGINX", 1)
    site = SiteServer()
    with nginx_in_front(tmp_path, site.server_port) as port:
        yield Visitor(port)
    site.stop()


@pytest.fixture
def path():
    file = get_test_image_file("pantry.png")
    image = get_image_model().objects.create(title="Pantry", file=file)
    return image.get_rendition(CARD.fallback).url


def test_picture_is_kept_and_given_out_while_the_store_is_away(
    visitor, path, monkeypatch
):
    def ask():
        response, _ = visitor.get(path)
        return response.status, response.getheader("X-Cache")

    assert [ask(), ask()] == [(200, "MISS"), (200, "HIT")]

    def fail(name):
        raise media.MediaStorageUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "open", fail)
        time.sleep(2.1)
        assert ask() == (200, "STALE")
    assert ask() == (200, "EXPIRED")


def test_deleted_picture_is_gone_within_a_minute(visitor, path):
    assert visitor.get(path)[0].status == 200
    get_image_model().objects.get().delete()
    time.sleep(2.1)
    assert visitor.get(path)[0].status == 404
