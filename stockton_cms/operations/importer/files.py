"""The pictures and documents of a source: those that lie inside its folder."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.template.defaultfilters import filesizeformat
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.fields import WagtailImageField
from wagtail.utils.file import hash_filelike

from home.images import uploads

MAX_BYTES = settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE


class FileError(Exception):
    """A file cannot be carried over; says why."""


class FileStore:
    """Finds files in the source's folder; stores each once, and only when asked to."""

    def __init__(self, root: Path):
        self.root = root.resolve()
        self._known: dict[str, int] = {}
        # Files written in the batch that is being saved.
        self.written: list[models.FieldFile] = []

    def find(self, address: str, base: str) -> Path | None:
        """Return the file that an address on a page means; None where there is none.

        Raises `FileError` for one outside the folder, whatever it is.
        """
        whole = unquote(urlsplit(urljoin(base or "/", address)).path)
        for name in (whole, unquote(urlsplit(address).path)):
            path = self.root / name.lstrip("/")
            try:
                real = path.resolve()
                if not real.is_relative_to(self.root):
                    raise FileError("it lies outside the folder")
                if real.is_file():
                    return real
            except (OSError, ValueError, RuntimeError) as error:
                raise FileError("its name cannot be read") from error
        return None

    def image(self, path: Path, alt: str, stores: bool) -> tuple[str, int]:
        """Return a picture's digest, and its id if it is to be stored."""
        image = get_image_model()(title=path.stem[:255], description=alt[:255])
        return self._take(path, image, check_image, stores)

    def document(self, path: Path, title: str, stores: bool) -> tuple[str, int]:
        """Return a document's digest, and its id if it is to be stored."""
        document = get_document_model()(title=(title or path.stem)[:255])
        return self._take(path, document, check_document, stores)

    def forget_batch(self) -> None:
        """Delete the files of a batch that was not saved."""
        for file in self.written:
            file.storage.delete(file.name)
        self.end_batch()
        self._known.clear()

    def end_batch(self) -> None:
        self.written.clear()

    def _take(
        self,
        path: Path,
        thing: models.Model,
        check: Callable[[Path, bytes], None],
        stores: bool,
    ) -> tuple[str, int]:
        if path.stat().st_size > MAX_BYTES:
            raise FileError(f"it is larger than {filesizeformat(MAX_BYTES)}")
        data = path.read_bytes()
        digest = hash_filelike(BytesIO(data))
        known = f"{thing._meta.model_name}:{path.suffix}:{digest}"
        if known not in self._known:
            check(path, data)
            self._known[known] = 0
        if stores and not self._known[known]:
            same = type(thing).objects.filter(file_hash=digest).order_by("pk")
            found = same.values_list("pk", flat=True).first()
            self._known[known] = found or self._store(thing, path.name, data, digest)
        return digest, self._known[known]

    def _store(self, thing: models.Model, name: str, data: bytes, digest: str) -> int:
        thing.file = ContentFile(data, name=name)
        thing.file_size, thing.file_hash = len(data), digest
        thing.save()
        self.written.append(thing.file)
        return thing.pk


def check_image(path: Path, data: bytes) -> None:
    """Raise `FileError` for what could not be uploaded as a picture either."""
    try:
        WagtailImageField().clean(SimpleUploadedFile(path.name, data))
    except ValidationError as error:
        raise FileError(" ".join(error.messages)) from error


def check_document(path: Path, data: bytes) -> None:
    """Raise `FileError` for what is not a document of a kind that the site takes."""
    ending = path.suffix.lower().lstrip(".")
    if ending not in settings.WAGTAILDOCS_EXTENSIONS:
        raise FileError(f"the site takes no .{ending} files")
    try:
        uploads.check_document(BytesIO(data), path.name)
    except ValidationError as error:
        raise FileError(f"it is not a .{ending} file inside") from error
