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


def test_file_is_begun_only_where_there_is_room(monkeypatch):
    disk = Mock(free=3)
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda path: disk)
    with pytest.raises(OSError, match="No space left"):
        default_storage.save("folder/a.txt", ContentFile(b"four"))
    assert not default_storage.exists("folder")
    disk.free = 4
    name = default_storage.save("folder/a.txt", ContentFile(b"four"))
    assert default_storage.size(name) == 4


def test_officer_is_told_that_the_disk_is_full_and_only_then(
    section, admin_client, monkeypatch
):
    address = reverse("wagtailadmin_pages:edit", args=[section.pk])
    for error in FULL:
        monkeypatch.setattr("home.page_tree.lock.tree_lock", Mock(side_effect=error))
        response = admin_client.post(address)
        assert response.status_code == 507
        assert "The server is out of disk space" in response.content.decode()
    error = PermissionError("locked")
    monkeypatch.setattr("home.page_tree.lock.tree_lock", Mock(side_effect=error))
    with pytest.raises(PermissionError):
        admin_client.post(address)
