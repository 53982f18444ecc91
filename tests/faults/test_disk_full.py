"""A full disk: reads go on, what cannot be saved says so, and no half of it stays."""

import logging
import sys
from io import BytesIO
from unittest.mock import Mock

import pytest
from django.core.cache import caches
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image as PillowImage
from wagtail.images import get_image_model

from home import caching
from tests.factories import StandardPageFactory
from tests.faults.saved import state_of
from tests.faults.small_disk import database_on, full, small_disk, use_the_last_room

FAULT = "disk full"
READS = 50

pytestmark = pytest.mark.faults
with_database = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def disk(settings):
    """Return the folder of a small disk, on which uploaded files are stored."""
    with small_disk() as folder:
        settings.MEDIA_ROOT = folder / "media"
        yield folder


@pytest.fixture
def page(section, disk):
    """Return a published page of a site whose database is on the disk too."""
    with database_on(disk):
        page = StandardPageFactory(parent=section, title="Before", slug="before")
        page.save_revision().publish()
        StandardPageFactory(parent=section)
        use_the_last_room()
        yield page


@pytest.fixture
def officer(page, admin_client):
    """Return an officer who sees the pages for errors, as in production."""
    admin_client.raise_request_exception = False
    return admin_client


def is_clean(response):
    """Say whether an officer is told what is wrong, and that nothing was saved."""
    return response.status_code == 507 and b"have not been saved" in response.content


def picture(size=400):
    data = BytesIO()
    PillowImage.effect_noise((size, size), 90).save(data, "PNG")
    return SimpleUploadedFile("noise.png", data.getvalue(), "image/png")


def upload(officer):
    address = reverse("wagtailimages:add")
    data = {"title": "Noise", "file": picture(), "description": "Noise"}
    return officer.post(address, data)


def files_in(folder):
    return [path.name for path in folder.rglob("*") if path.is_file()]


@with_database
def test_page_is_saved_whole_or_not_at_all(page, disk, officer, admin_form, measured):
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    form = admin_form(address) | {"title": "After", "slug": "after"}
    form |= {"action-publish": "Publish", "minor_edit": "on"}
    use_the_last_room()
    before = state_of(page)
    with full(disk):
        refused = officer.post(address, form)
        while_full = state_of(page)
    left = state_of(page)
    saved = officer.post(address, form)
    measured(
        FAULT,
        "saving a page: 507 and nothing half written; saved once there is room",
        f"{refused.status_code}, "
        f"{sum(left[name] != before[name] for name in before)} of {len(before)} "
        f"things changed; then {saved.status_code}",
    )
    assert is_clean(refused)
    assert before == while_full == left
    # Negative control: these are what a save changes.
    assert saved.status_code == 302
    after = state_of(page)
    assert sum(after[name] != before[name] for name in before) >= 6


@with_database
def test_picture_is_uploaded_whole_or_not_at_all(page, disk, officer, measured):
    media, images = disk / "media", get_image_model().objects
    with full(disk):
        refused = upload(officer)
    left = files_in(media), images.count()
    saved = upload(officer)
    measured(
        FAULT,
        "uploading a picture: 507, no file and no row; saved once there is room",
        f"{refused.status_code}, {len(left[0])} files, {left[1]} rows; "
        f"then {saved.status_code}",
    )
    assert is_clean(refused)
    assert left == ([], 0)
    assert saved.status_code == 302
    assert images.count() == 1
    assert "noise.png" in files_in(media)


@with_database
def test_reads_go_on(page, disk, measured, monkeypatch):
    visitor = Client(raise_request_exception=False)
    cold = page.get_siblings(inclusive=False).first().url
    addresses = [page.url, cold, "/", "/search/?query=before", "/-/live", "/-/ready"]
    with (disk / "log").open("w") as log, full(disk):
        handler = logging.StreamHandler(log)
        monkeypatch.setattr(sys, "stderr", log)
        logging.getLogger("django").addHandler(handler)
        try:
            statuses = [
                visitor.get(address).status_code
                for _ in range(READS)
                for address in addresses
            ]
            missing = visitor.get("/no-such-page/").status_code
        finally:
            logging.getLogger("django").removeHandler(handler)
    wrong = [status for status in statuses if status != 200]
    measured(
        FAULT,
        "reads go on, with the log on the same disk: none fails",
        f"{len(wrong)} of {len(statuses)} failed; a missing page says {missing}",
    )
    assert wrong == []
    assert missing == 404


def test_what_was_known_last_stays_known(disk, measured):
    cache = caches["last_known"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "_dir", str(disk / "last_known"))
        caching.store_fallback("numbers", "01632 960 111")
        before = files_in(disk / "last_known")
        with full(disk):
            caching.store_fallback("numbers", "0" * 100_000)
            known, files = caching.load_fallback("numbers", ""), files_in(disk)
        caching.store_fallback("numbers", "01632 960 222")
        then = caching.load_fallback("numbers", "")
    measured(
        FAULT,
        "the error page's numbers: the last ones stay, no half of a file",
        f"{known}; then {then}",
    )
    assert known == "01632 960 111"
    assert {*before, "filling"} >= {name for name in files if "djcache" in name}
    assert then == "01632 960 222"


def test_without_looking_for_room_half_a_file_would_stay(disk, measured, monkeypatch):
    monkeypatch.setattr(
        "home.images.storage.shutil.disk_usage", lambda path: Mock(free=10**12)
    )
    with full(disk), pytest.raises(OSError, match="No space left"):
        default_storage.save("noise.png", picture())
    left = files_in(disk / "media")
    measured(FAULT, "without looking for room beforehand: half a file stays", left)
    assert left == ["noise.png"]
