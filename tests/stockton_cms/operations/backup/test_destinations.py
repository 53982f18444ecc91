"""A backup arrives whole where it is stored, or not at all."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from stockton_cms.operations.backup import create
from stockton_cms.operations.backup.archive import FORMAT
from stockton_cms.operations.backup.create import (
    alone,
    back_up,
    checked_destination,
    get_last_backup,
)

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NAME = "stockton-cms-20261123-020000.zip"


@pytest.fixture(autouse=True)
def _made(settings, tmp_path, monkeypatch, write_archive):
    """Make small archives of no database."""
    settings.DATA_DIR = tmp_path / "data"
    settings.STATIC_ROOT = tmp_path / "data" / "static"
    monkeypatch.setattr(
        create,
        "make_backup",
        lambda path, at: write_archive(path, made_at=at.isoformat()),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["s3://backups", "s3://backups/site/", "folder"])
def test_backup_arrives_can_be_read_back_and_is_known(s3, tmp_path, settings, text):
    assert get_last_backup() is None
    text = text if text.startswith("s3") else str(tmp_path)
    _, address = back_up(text, AT)
    assert address == f"{text.rstrip('/')}/{NAME}"
    assert not (settings.DATA_DIR / "outgoing_backup.zip").exists()
    last = get_last_backup()
    assert (last.made_at, last.to, last.verified_at) == (AT, address, None)
    assert last.bytes > 0
    call_command("verify_backup", address)
    assert get_last_backup().verified_at is not None
    (settings.DATA_DIR / "last_backup.json").write_text("{")
    assert get_last_backup() is None
    with pytest.raises(CommandError):
        call_command("verify_backup", f"{text}/none.zip")


def test_bucket_that_is_away_is_said_to_be_and_nothing_stays(s3, settings, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setattr(create, "WAITS", None)
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("backup", to="s3://backups")
    assert get_last_backup() is None
    assert not (settings.DATA_DIR / "outgoing_backup.zip").exists()


def test_backups_go_where_there_is_a_folder_that_is_not_public(tmp_path, settings):
    for public in (settings.MEDIA_ROOT, settings.STATIC_ROOT / "below"):
        with pytest.raises(CommandError):
            checked_destination(str(public))
    checked_destination(str(settings.DATA_DIR / "backups"))
    (tmp_path / "file").write_text("a file where a folder should be")
    for place in ("{}/not-mounted", "{}/file", "s3:/backups"):
        with pytest.raises(CommandError, match="There is no folder"):
            checked_destination(place.format(tmp_path))
    assert checked_destination(str(tmp_path)) == str(tmp_path)


def test_only_one_backup_at_a_time(tmp_path):
    with alone(), pytest.raises(CommandError, match="is running"):
        back_up(str(tmp_path), AT)
    back_up(str(tmp_path), AT)


@pytest.mark.django_db
def test_damaged_and_newer_archives_end_with_an_exit_code_of_their_own(
    tmp_path, write_archive
):
    """Negative control: each is taken without the damage or the made-up migration."""
    _, address = back_up(str(tmp_path), AT)
    path = tmp_path / NAME
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    refuse(path, "damaged")
    assert get_last_backup().verified_at is None
    for newer, message in (
        ({"migrations": ["home.9999_of_the_future"]}, r"newer version.*9999"),
        ({"format": FORMAT + 1}, "newer version"),
    ):
        write_archive(path, **newer)
        refuse(path, message)
    write_archive(path)
    call_command("verify_backup", address)


def test_restore_without_an_answer_changes_nothing(
    tmp_path, write_archive, monkeypatch, capsys
):
    write_archive(tmp_path / "backup.zip")
    for typed, message in (("", "add --no-input"), ("y\n", "Nothing was changed")):
        monkeypatch.setattr("sys.stdin", StringIO(typed))
        with pytest.raises(CommandError, match=message):
            call_command("restore", str(tmp_path / "backup.zip"))
    assert "will be replaced by the" in capsys.readouterr().out


def refuse(path, message):
    for command, options in (("verify_backup", {}), ("restore", {"no_input": True})):
        with pytest.raises(CommandError, match=message) as error:
            call_command(command, str(path), **options)
        assert error.value.returncode == 3
