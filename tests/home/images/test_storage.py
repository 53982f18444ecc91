from unittest.mock import Mock

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.urls import reverse

from home.images import storage

FULL = [
    OperationalError("database or disk is full"),
    OperationalError('could not extend file "base/5/1": No space left on device'),
    OSError(28, "No space left on device"),
]


def room_for(size):
    return Mock(return_value=Mock(free=size))


def test_file_is_begun_only_where_there_is_room(settings, monkeypatch):
    monkeypatch.setattr(storage.shutil, "disk_usage", room_for(3))
    with pytest.raises(OSError, match="No space left"):
        default_storage.save("folder/a.txt", ContentFile(b"four"))
    assert not default_storage.exists("folder")


def test_file_that_fits_is_stored(settings, monkeypatch):
    monkeypatch.setattr(storage.shutil, "disk_usage", room_for(4))
    name = default_storage.save("folder/a.txt", ContentFile(b"four"))
    assert default_storage.size(name) == 4


def post_where(error, section, admin_client, monkeypatch):
    monkeypatch.setattr("home.page_tree.lock.tree_lock", Mock(side_effect=error))
    return admin_client.post(reverse("wagtailadmin_pages:edit", args=[section.pk]))


@pytest.mark.parametrize("error", FULL, ids=["SQLite", "PostgreSQL", "file"])
def test_officer_is_told_that_the_disk_is_full(
    error, section, admin_client, monkeypatch
):
    response = post_where(error, section, admin_client, monkeypatch)
    assert response.status_code == 507
    assert "The server is out of disk space" in response.content.decode()


def test_another_error_of_a_file_is_not_called_a_full_disk(
    section, admin_client, monkeypatch
):
    with pytest.raises(PermissionError):
        post_where(PermissionError("locked"), section, admin_client, monkeypatch)
