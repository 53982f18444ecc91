"""Archives in a folder, which may be on another disk or machine."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stockton_cms.operations.backup.archive import CHUNK_BYTES, ArchiveError
from stockton_cms.operations.backup.progress import show_bytes


@dataclass(frozen=True)
class Folder:
    """A folder that archives are put into."""

    path: Path

    def address_of(self, name: str) -> str:
        return str(self.path / name)

    def send(self, archive: Path) -> int:
        """Put an archive into the folder; return how many bytes were written for it.

        What is in the folder already, from an attempt that was broken off, is compared
        and not written again.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self.path / archive.name
        if target.exists():
            # Broken off after it was put there.
            return 0
        try:
            os.link(archive, target)
        except OSError:
            # Another disk, or one without links.
            return _copy(archive, target)
        return 0

    def abandon(self, name: str) -> None:
        """Forget what has been sent of an archive that is not sent any more."""
        _part(self.path / name).unlink(missing_ok=True)


def _part(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _copy(archive: Path, target: Path) -> int:
    size, written = archive.stat().st_size, 0
    handle = os.open(_part(target), os.O_RDWR | os.O_CREAT, 0o600)
    with (
        os.fdopen(handle, "r+b") as copy,
        archive.open("rb") as source,
        show_bytes(size, "copied") as bar,
    ):
        while chunk := source.read(CHUNK_BYTES):
            place = copy.tell()
            if copy.read(len(chunk)) != chunk:
                copy.seek(place)
                written += copy.write(chunk)
            bar.update(len(chunk))
        copy.truncate(size)
        copy.flush()
        os.fsync(copy.fileno())
    _part(target).replace(target)
    return written


SCHEME = "s3://"
PART_BYTES = 8 * 1024 * 1024
# S3's limit.
MAX_PARTS = 10_000
WAITS = Config(
    connect_timeout=10,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 5},
)


class BucketError(OSError):
    """The bucket cannot be reached or refuses; says what S3 said."""


@contextmanager
def _errors_said() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise BucketError(str(error)) from error


def new_client():
    """Return a client of S3, as the environment sets it up."""
    return boto3.client("s3", config=WAITS)


@dataclass(frozen=True)
class Bucket:
    """A bucket, and what the keys of its archives begin with."""

    bucket: str
    prefix: str

    def address_of(self, name: str) -> str:
        return f"{SCHEME}{self.bucket}/{self._key(name)}"

    def _key(self, name: str) -> str:
        return f"{self.prefix.strip('/')}/{name}".lstrip("/")

    @_errors_said()
    def send(self, archive: Path) -> int:
        """Upload an archive; return how many bytes had to be sent for it.

        Goes on with the upload of an attempt that was broken off. A part counts as sent
        where its ETag is its MD5; a bucket whose ETags are something else, as with keys
        of KMS, gets all parts again.
        """
        client = new_client()
        size = archive.stat().st_size
        place = {"Bucket": self.bucket, "Key": self._key(archive.name)}
        if _size_of(client, place) == size:
            # Broken off after it was complete.
            return 0
        upload = {
            **place,
            "UploadId": _unfinished(client, place) or _begin(client, place),
        }
        sent, parts = _send_parts(client, upload, archive)
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        if _size_of(client, place) != size:
            raise BucketError(f"{place['Key']} has not arrived whole.")
        return sent

    @_errors_said()
    def abandon(self, name: str) -> None:
        """Forget what has been sent of an archive that is not sent any more."""
        client = new_client()
        place = {"Bucket": self.bucket, "Key": self._key(name)}
        while upload_id := _unfinished(client, place):
            client.abort_multipart_upload(**place, UploadId=upload_id)


@_errors_said()
def fetch(address: str, file: IO[bytes]) -> None:
    """Write the archive at an address into a file.

    Raises:
        ArchiveError: there is none.

    """
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    client = new_client()
    size = _size_of(client, {"Bucket": bucket, "Key": key})
    if size is None:
        raise ArchiveError(f"There is no file {address}.")
    with show_bytes(size, "fetched") as bar:
        client.download_fileobj(bucket, key, file, Callback=bar.update)
    file.seek(0)


def _size_of(client, place: dict) -> int | None:
    try:
        return client.head_object(**place)["ContentLength"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise


def _begin(client, place: dict) -> str:
    return client.create_multipart_upload(**place)["UploadId"]


def _unfinished(client, place: dict) -> str | None:
    """Return the id of the upload of just this key that was not completed."""
    pages = client.get_paginator("list_multipart_uploads").paginate(
        Bucket=place["Bucket"], Prefix=place["Key"]
    )
    for page in pages:
        for upload in page.get("Uploads", ()):
            if upload["Key"] == place["Key"]:
                return upload["UploadId"]
    return None


def _send_parts(client, upload: dict, archive: Path) -> tuple[int, list[dict]]:
    """Send the parts that are not there yet; return their bytes, and a list of all."""
    size, sent, parts = archive.stat().st_size, 0, []
    there = {
        part["PartNumber"]: part["ETag"]
        for page in client.get_paginator("list_parts").paginate(**upload)
        for part in page.get("Parts", ())
    }
    part_bytes = max(PART_BYTES, -(-size // MAX_PARTS))
    with archive.open("rb") as file, show_bytes(size, "sent") as bar:
        for number, data in enumerate(iter(lambda: file.read(part_bytes), b""), 1):
            digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
            etag = there.get(number, "")
            if etag.strip('"') != digest:
                answer = client.upload_part(**upload, PartNumber=number, Body=data)
                etag = answer["ETag"]
                sent += len(data)
            parts.append({"PartNumber": number, "ETag": etag})
            bar.update(len(data))
    return sent, parts
