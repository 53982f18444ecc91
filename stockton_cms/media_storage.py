"""Pictures and documents in a store that speaks S3, for several machines (ADR 25)."""

from collections.abc import Iterator
from contextlib import contextmanager

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    ParamValidationError,
)
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.deconstruct import deconstructible
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from home.images.storage import MediaMixin, MediaStorageUnavailableError
from stockton_cms.circuit_breaker import CircuitBreaker

breaker = CircuitBreaker(seconds_between_attempts=5)


@contextmanager
def asking(name: str) -> Iterator[None]:
    """Turn errors of the store into those of a disk."""
    unavailable = MediaStorageUnavailableError(f"Media storage was unavailable: {name}")
    try:
        with breaker.call((ConnectionError, HTTPClientError), unavailable):
            yield
    except ParamValidationError as error:
        raise FileNotFoundError(f"No file can have this name: {name}") from error
    except (BotoCoreError, ClientError) as error:
        response = getattr(error, "response", {})
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404 and response["Error"].get("Code") != "NoSuchBucket":
            raise FileNotFoundError(f"The store has no file {name}") from error
        message = f"The media store fails for {name}: {error}"
        raise MediaStorageUnavailableError(message) from error


@deconstructible
class MediaStore(MediaMixin, S3Storage):
    """A private bucket; raises what a disk would raise.

    `MediaStorageUnavailableError` is an `OSError`. Its arguments are those of the
    settings and must be JSON, as Wagtail hands them to its tasks.
    """

    # No one waits long for a picture.
    client_config = Config(
        connect_timeout=1,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    # None is larger than 10 MB, so each is sent with one request.
    transfer_config = TransferConfig(multipart_threshold=2**24, use_threads=False)
    file_overwrite = False

    def url(self, name, *args, **kwargs):
        return settings.MEDIA_URL + filepath_to_uri(clean_name(name))

    def exists(self, name):
        with asking(name):
            return super().exists(name)

    def size(self, name):
        with asking(name):
            return super().size(name)

    def listdir(self, path):
        with asking(path):
            return super().listdir(path)

    def delete(self, name):
        """Delete a file when what is being saved is safe; what fails is logged.

        Not before: Wagtail deletes a file before it has stored the one that replaces
        it, which may fail.
        """
        transaction.on_commit(lambda: self._delete(name), robust=True)

    def _delete(self, name):
        with asking(name):
            super().delete(name)

    def _open(self, name, mode="rb"):
        """Read a file whole, with one request: none is larger than 10 MB."""
        with asking(name):
            file = self.bucket.Object(self._normalize_name(clean_name(name)))
            return ContentFile(file.get()["Body"].read(), name=name)

    def _save(self, name, content):
        with asking(name):
            return super()._save(name, content)
