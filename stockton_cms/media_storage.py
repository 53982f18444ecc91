"""Pictures and documents in a store that speaks S3, for several machines (O6, ADR 25).

Its bucket is no one's but the site's: what visitors may see has the same addresses as
on disk. While it is unavailable its errors are those of a disk, and come quickly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    ParamValidationError,
)
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.deconstruct import deconstructible
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from home.images.storage import MediaMixin, MediaStorageUnavailableError
from stockton_cms.circuit_breaker import CircuitBreaker

# No one waits long for a picture, nor at all for a store known to be unavailable.
CONFIG = Config(
    connect_timeout=1,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
)
NOT_FOUND, TAKEN = 404, {409, 412}
FAILS = "The media store fails for"
breaker = CircuitBreaker(seconds_between_attempts=5)


@cache
def connect():
    """Return boto3's resource for the variables that it reads itself (`AWS_…`).

    One for each process: making it takes a tenth of a second.
    """
    return boto3.session.Session().resource("s3", config=CONFIG)


@contextmanager
def asking(name: str) -> Iterator[None]:
    """Turn errors of the store into those of a disk."""
    unavailable = MediaStorageUnavailableError(f"Media storage was unavailable: {name}")
    try:
        with breaker.call((ConnectionError, HTTPClientError), unavailable):
            yield
    except ParamValidationError as error:
        raise FileNotFoundError(f"No file can have this name: {name}") from error
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        code = error.response.get("Error", {}).get("Code")
        if status == NOT_FOUND and code != "NoSuchBucket":
            raise FileNotFoundError(f"The store has no file {name}") from error
        if status in TAKEN:
            raise FileExistsError(f"The store has a file {name}") from error
        raise MediaStorageUnavailableError(f"{FAILS} {name}: {error}") from error
    except BotoCoreError as error:
        raise MediaStorageUnavailableError(f"{FAILS} {name}: {error}") from error


@deconstructible
class MediaStore(MediaMixin, S3Storage):
    """A private bucket; raises what a disk would raise, and saving never overwrites.

    `MediaStorageUnavailableError` is an `OSError`. Its arguments are those of the
    settings and must be JSON, as Wagtail hands them to its tasks.
    """

    connection = property(lambda self: connect())

    def get_default_settings(self):
        return super().get_default_settings() | {"file_overwrite": False}

    def url(self, name, *args, **kwargs):
        return settings.MEDIA_URL + filepath_to_uri(clean_name(name))

    def exists(self, name):
        with asking(name):
            return super().exists(name)

    def size(self, name):
        with asking(name):
            return self._client.head_object(**self._place(name))["ContentLength"]

    def listdir(self, path):
        with asking(path):
            return super().listdir(path)

    def delete(self, name):
        """Delete a file when what is being saved is safe; what fails is logged.

        Not before: Wagtail deletes a file before it has stored the one that replaces
        it, which may fail.
        """
        transaction.on_commit(lambda: self._delete(name), robust=True)

    def _delete(self, name: str) -> None:
        with asking(name):
            self._client.delete_object(**self._place(name))

    def _open(self, name, mode="rb"):
        """Read a file whole, with one request: none is larger than 10 MB."""
        if mode != "rb":
            raise ValueError("Files of the media store are only read, as bytes.")
        with asking(name):
            content = self._client.get_object(**self._place(name))["Body"].read()
        return ContentFile(content, name=name)

    def _save(self, name, content: File):
        """Store a file under its name, or the next if another machine was quicker."""
        name = clean_name(name)
        content.seek(0)
        what = self._get_write_parameters(name, content) | {"Body": content.read()}
        while True:
            try:
                with asking(name):
                    # RFC 9110, 13.1.2: only where there is none.
                    self._client.put_object(
                        **self._place(name), **what, IfNoneMatch="*"
                    )
            except FileExistsError:
                name = self.get_available_name(name)
            else:
                return name

    @property
    def _client(self):
        return self.connection.meta.client

    def _place(self, name: str) -> dict[str, str]:
        key = self._normalize_name(clean_name(name))
        return {"Bucket": self.bucket_name, "Key": key}
