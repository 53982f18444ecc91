"""A full disk: reads go on, what cannot be saved says so, and no half of it stays."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.cache import caches
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from PIL import Image as PillowImage
from wagtail.images import get_image_model

from home import caching
from tests.factories import StandardPageFactory
from tests.faults.saved import state_of

FAULT = "disk full"
READS = 50
DISK_BYTES = 64 * 1024 * 1024

pytestmark = pytest.mark.faults
with_database = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@contextmanager
def small_disk() -> Iterator[Path]:
    """Mount a disk of 64 MB in memory; leave the test out where that is forbidden."""
    folder = Path(tempfile.mkdtemp(prefix="small-disk-"))
    folder.chmod(0o755)
    command = [
        "/bin/mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={DISK_BYTES}",
        "tmpfs",
        str(folder),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        try:
            yield folder
        finally:
            # Lazily, as a process may still have a file open.
            subprocess.run(["/bin/umount", "--lazy", str(folder)], check=True)
    finally:
        folder.rmdir()


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Fill the disk to its last byte; give the room back in the end."""
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    try:
        yield
    finally:
        filling.unlink()


@contextmanager
def database_on(disk: Path) -> Iterator[None]:
    """Let this process work on a copy of the test's database that is on the disk."""
    original = connection.settings_dict["NAME"]
    copy = _copy_to(disk)
    _work_on(copy)
    try:
        yield
    finally:
        _work_on(original)
        if connection.vendor == "postgresql":
            _run(f"DROP DATABASE {copy}", "DROP TABLESPACE small_disk")


def use_the_last_room() -> None:
    """Let SQLite write nowhere but at the end of its files.

    A log of changes that has been long goes on having room in the middle.
    """
    if connection.vendor == "sqlite":
        _run("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_to(disk: Path) -> str:
    if connection.vendor == "sqlite":
        _run(f"VACUUM INTO '{disk}/db.sqlite3'")
        return f"{disk}/db.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        [(data,)] = cursor.fetchall()
    if not Path(data).exists():
        pytest.skip("this PostgreSQL is on another machine")
    owner = os.stat(data)
    place = disk / "tables"
    place.mkdir()
    shutil.chown(place, owner.st_uid, owner.st_gid)
    original = connection.settings_dict["NAME"]
    _run(f"CREATE TABLESPACE small_disk LOCATION '{place}'")
    _work_on("postgres")
    _run(f'CREATE DATABASE small_disk TEMPLATE "{original}" TABLESPACE small_disk')
    return "small_disk"


def _work_on(name: str) -> None:
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()
    connection.settings_dict["NAME"] = name


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


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
