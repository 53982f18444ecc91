"""A backup arrives whole where it is stored, however often sending it is broken off."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from stockton_cms.operations.backup import delivery, destinations
from stockton_cms.operations.backup.archive import ArchiveError
from stockton_cms.operations.backup.delivery import (
    NotDeliveredError,
    PublicPlaceError,
    back_up,
    destination,
    opened,
)
from stockton_cms.operations.backup.lock import AlreadyRunning, alone
from stockton_cms.operations.backup.status import get_last_backup

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NAME = "stockton-cms-20261123-020000.zip"
# S3 takes no smaller ones; the archive becomes two whole parts and a rest.
PART = 5 * 1024 * 1024
PICTURE = os.urandom(12 * 1024 * 1024)


@pytest.fixture(autouse=True)
def made(settings, tmp_path, monkeypatch, write_archive):
    """Make small archives of no database; return when each was made."""
    settings.DATA_DIR = tmp_path / "data"
    settings.STATIC_ROOT = tmp_path / "data" / "static"
    monkeypatch.setattr(destinations, "PART_BYTES", PART)
    times = []

    def make(path, at, progress):
        times.append(at)
        return write_archive(path, {"a.jpg": PICTURE}, made_at=at.isoformat())

    monkeypatch.setattr(delivery, "make_backup", make)
    return times


@pytest.fixture
def requests_of(monkeypatch, s3):
    """Return the names of what is asked of S3, and let one break off."""
    asked, new_client = [], destinations.new_client

    def client():
        made = new_client()
        made.meta.events.register("before-call.s3", note)
        return made

    def note(model, **_):
        asked.append(model.name)
        if asked.count("UploadPart") == note.breaks_at:
            raise KeyboardInterrupt

    note.breaks_at = None
    asked_by_name = asked
    monkeypatch.setattr(destinations, "new_client", client)
    return asked_by_name, note


def run(to, at=AT):
    """Back up without a bar."""
    return back_up(to, at, lambda steps, what: steps)


def verify(address):
    """Read all that the archive holds."""
    with opened(address) as archive:
        assert len(list(archive.verify())) == 2


def staged(settings):
    """Return the archives that wait to be sent."""
    return sorted((settings.DATA_DIR / "outgoing_backups").glob("*/*"))


@pytest.mark.parametrize("text", ["s3://backups", "s3://backups/site/", "folder"])
def test_backup_arrives_and_can_be_read_back(s3, tmp_path, settings, text):
    text = text if text.startswith("s3") else str(tmp_path)
    done = run(destination(text))
    assert done.to == f"{text.rstrip('/')}/{NAME}"
    verify(done.to)
    assert staged(settings) == []


def test_broken_upload_goes_on_with_the_parts_that_are_missing(requests_of, made, s3):
    asked, note = requests_of
    to = destination("s3://backups/site")
    note.breaks_at = 3
    with pytest.raises(KeyboardInterrupt):
        run(to)
    assert get_last_backup() is None
    asked.clear()
    note.breaks_at = None
    done = run(to, AT + timedelta(hours=1))
    assert (asked.count("UploadPart"), asked.count("CreateMultipartUpload")) == (1, 0)
    assert done.went_on
    assert done.bytes_sent == done.bytes - 2 * PART
    assert made == [AT]
    verify(f"s3://backups/site/{NAME}")


def test_without_what_was_sent_all_is_sent_again(requests_of, s3):
    """Negative control of the test above."""
    asked, note = requests_of
    to = destination("s3://backups/site")
    note.breaks_at = 3
    with pytest.raises(KeyboardInterrupt):
        run(to)
    note.breaks_at = None
    to.abandon(NAME)
    asked.clear()
    assert run(to).bytes_sent == PART * 2 + run_rest(s3)
    assert asked.count("UploadPart") == 3


def run_rest(s3):
    """Return how long the last part of the archive in the bucket is."""
    size = s3.head_object(Bucket="backups", Key=f"site/{NAME}")["ContentLength"]
    return size - 2 * PART


def test_part_with_other_bytes_is_sent_again(s3, settings):
    to = destination("s3://backups")
    place = {"Bucket": "backups", "Key": NAME}
    upload = s3.create_multipart_upload(**place)
    s3.upload_part(**place, UploadId=upload["UploadId"], PartNumber=1, Body=b"x" * PART)
    done = run(to)
    assert done.bytes_sent == done.bytes
    verify(done.to)


def test_upload_that_was_whole_already_is_not_sent_again(s3, monkeypatch, requests_of):
    """As where it was killed before it could note that."""
    asked, _ = requests_of
    note = delivery.record_backup
    monkeypatch.setattr(delivery, "record_backup", lambda last: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(destination("s3://backups"))
    monkeypatch.setattr(delivery, "record_backup", note)
    asked.clear()
    assert run(destination("s3://backups")).bytes_sent == 0
    assert "UploadPart" not in asked
    assert get_last_backup().to == f"s3://backups/{NAME}"


@pytest.mark.parametrize(("hours", "goes_on"), [(11, True), (12, False)])
def test_backup_of_yesterday_does_not_stand_for_that_of_today(
    requests_of, made, s3, settings, hours, goes_on
):
    _, note = requests_of
    note.breaks_at = 2
    with pytest.raises(KeyboardInterrupt):
        run(destination("s3://backups"))
    note.breaks_at = None
    later = AT + timedelta(hours=hours)
    assert run(destination("s3://backups"), later).went_on is goes_on
    assert made == ([AT] if goes_on else [AT, later])
    assert get_last_backup().made_at == made[-1]
    assert staged(settings) == []
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="backups")


def test_bucket_that_is_away_leaves_the_backup_to_the_next_attempt(
    s3, made, settings, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    with pytest.raises(NotDeliveredError):
        run(destination("s3://backups"))
    with pytest.raises(CommandError) as error:
        call_command("backup", to="s3://backups")
    assert error.value.returncode == 4
    # That of the first attempt was too old for the second one.
    [archive] = staged(settings)
    assert archive.name != NAME


@pytest.fixture
def other_disk(monkeypatch):
    """Let no file be linked, as if the folder were on another disk."""

    def link(*args):
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr(destinations.os, "link", link)


def test_copy_goes_on_where_it_was_broken_off(other_disk, tmp_path, write_archive):
    write_archive(tmp_path / NAME, {"a.jpg": PICTURE})
    data = (tmp_path / NAME).read_bytes()
    to = destinations.Folder(tmp_path / "there")
    to.path.mkdir()
    # The second MB is not what it should be, and the last ones are missing.
    part = bytearray(data[: 10 * 1024 * 1024])
    part[1024 * 1024] ^= 0xFF
    (to.path / f"{NAME}.part").write_bytes(part)
    assert to.send(tmp_path / NAME) == len(data) - 9 * 1024 * 1024
    assert (to.path / NAME).read_bytes() == data
    assert [path.name for path in to.path.iterdir()] == [NAME]


def test_copy_without_a_part_writes_all(other_disk, tmp_path, write_archive):
    """Negative control of the test above."""
    write_archive(tmp_path / NAME)
    to = destinations.Folder(tmp_path / "there")
    assert to.send(tmp_path / NAME) == (tmp_path / NAME).stat().st_size
    assert (to.path / NAME).stat().st_mode & 0o077 == 0
    assert to.send(tmp_path / NAME) == 0


def test_part_that_is_longer_is_cut(other_disk, tmp_path, write_archive):
    write_archive(tmp_path / NAME)
    to = destinations.Folder(tmp_path / "there")
    to.path.mkdir()
    data = (tmp_path / NAME).read_bytes()
    (to.path / f"{NAME}.part").write_bytes(data + b"more")
    assert to.send(tmp_path / NAME) == 0
    assert (to.path / NAME).read_bytes() == data


def test_half_made_archive_is_made_anew(tmp_path, settings, made):
    to = destination(str(tmp_path))
    room = delivery._staging_dir(to)
    room.mkdir(parents=True)
    (room / f"{NAME}.part").write_bytes(b"half")
    assert not run(to).went_on
    assert staged(settings) == []


def test_unfinished_backup_for_another_place_is_left_to_that(tmp_path, settings, made):
    room = delivery._staging_dir(destination("s3://backups"))
    room.mkdir(parents=True)
    (room / NAME).write_bytes(b"whole")
    assert not run(destination(str(tmp_path))).went_on
    assert staged(settings) == [room / NAME]
    run(destination(str(tmp_path)), AT + timedelta(days=1))
    assert staged(settings) == []


def test_backups_do_not_go_where_visitors_can_download_them(tmp_path, settings):
    for public in (settings.MEDIA_ROOT, settings.STATIC_ROOT / "below"):
        with pytest.raises(PublicPlaceError):
            destination(str(public))
    destination(str(settings.DATA_DIR / "backups"))


@pytest.mark.parametrize("place", ["{}/not-mounted", "s3:/backups"])
def test_backups_do_not_go_into_a_folder_that_is_not_there(tmp_path, place):
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        destination(place.format(tmp_path))
    assert destination(str(tmp_path)) == destinations.Folder(tmp_path)


def test_only_one_backup_at_a_time(tmp_path):
    with alone(), pytest.raises(AlreadyRunning):
        run(destination(str(tmp_path)))
    run(destination(str(tmp_path)))


@pytest.mark.parametrize("address", ["s3://backups/none.zip", "/none.zip"])
def test_archive_that_is_not_there_is_refused(s3, address):
    with pytest.raises(ArchiveError, match="no file"), opened(address):
        pass


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["s3://backups", "folder"])
def test_status_knows_the_last_backup_and_whether_it_was_verified(
    s3, tmp_path, settings, text
):
    assert get_last_backup() is None
    done = run(destination(text if text.startswith("s3") else str(tmp_path)))
    last = get_last_backup()
    assert (last.made_at, last.bytes, last.to) == (AT, done.bytes, done.to)
    assert last.verified_at is None
    call_command("verify_backup", done.to)
    assert get_last_backup().verified_at is not None
    (settings.DATA_DIR / "last_backup.json").write_text("{")
    assert get_last_backup() is None


@pytest.mark.django_db
def test_damaged_archive_ends_with_its_own_exit_code(tmp_path):
    done = run(destination(str(tmp_path)))
    path = tmp_path / NAME
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    for command in ("verify_backup", "restore"):
        with pytest.raises(CommandError, match="damaged") as error:
            call_command(
                command, done.to, **{"no_input": True} if command == "restore" else {}
            )
        assert error.value.returncode == 3
    assert get_last_backup().verified_at is None
