"""A disk with little room, and the site's database upon it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

MEGABYTE = 1024 * 1024
SIZE = 64 * MEGABYTE


@contextmanager
def small_disk() -> Iterator[Path]:
    """Mount a disk of 64 MB in memory; leave the test out where that is forbidden."""
    folder = Path(tempfile.mkdtemp(prefix="small-disk-"))
    folder.chmod(0o755)
    command = ["/bin/mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
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
    with filling.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
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
