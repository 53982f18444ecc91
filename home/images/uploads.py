"""Checks that uploaded files contain what their names say, and are no bombs.

Wagtail looks at a document's extension only, and answers damaged images with a server
error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm

from home.images.storage import UNREADABLE, without_metadata

# A part that each archive format contains (ECMA-376, ODF 1.3).
PARTS = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "odt": "content.xml",
    "ods": "content.xml",
}
OPEN_DOCUMENT = {
    "odt": b"application/vnd.oasis.opendocument.text",
    "ods": b"application/vnd.oasis.opendocument.spreadsheet",
}
# Office files of ten megabytes unpack to a fraction of it.
MAX_UNPACKED = 512 * 1024 * 1024
MAX_PARTS = 5_000
SAVE_AS_JPEG = (
    " Save a copy as a JPEG and upload that. For photos that an iPhone takes from now "
    "on, choose Settings, Camera, Formats and ‘Most Compatible’ on it."
)


class RequireStorageMixin:
    """Reports an unavailable file store beside the field."""

    def clean_file(self):
        file = self.cleaned_data["file"]
        if "file" in self.changed_data:
            try:
                default_storage.exists(file.name)
            except OSError as error:
                raise ValidationError(
                    "Images and documents cannot be uploaded at the moment. Nothing "
                    "was changed. Try again in a few minutes."
                ) from error
        return file


class DocumentForm(RequireStorageMixin, BaseDocumentForm):
    def clean_file(self):
        file = super().clean_file()
        if file and "file" in self.changed_data:
            check_document(file, file.name)
        return file


class ImageForm(RequireStorageMixin, BaseImageForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if field := self.fields.get("file"):
            field.error_messages["invalid_image_extension"] += SAVE_AS_JPEG
            field.clean = unreadable_image_as_form_error()(field.clean)

    def clean_file(self):
        """Return the image without metadata, whose hash is that of the stored file."""
        file = super().clean_file()
        if "file" in self.changed_data:
            with unreadable_image_as_form_error():
                return without_metadata(file)
        return file


@contextmanager
def unreadable_image_as_form_error() -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise ValidationError(
            "This image cannot be read. It may be damaged. Open it on your computer, "
            "save a new copy and upload that."
        ) from error


def check_document(file: BinaryIO, name: str) -> None:
    """Raise `ValidationError` unless a file contains what its extension says."""
    ending = PurePath(name).suffix.lower().lstrip(".")
    file.seek(0)
    start = file.read(1024)
    if ending in PARTS:
        _check_archive(file, ending)
    is_pdf = start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-")
    if (ending == "pdf" and not is_pdf) or (
        ending == "csv" and not _is_plain_text(file, start)
    ):
        raise _wrong(ending)
    file.seek(0)


def _wrong(ending: str) -> ValidationError:
    return ValidationError(
        f"This file is not a valid .{ending} file. Save it again as a .{ending} file "
        "without a password and upload that."
    )


def _check_archive(file: BinaryIO, ending: str) -> None:
    try:
        with ZipFile(file) as archive:
            parts = archive.infolist()
            if (
                len(parts) > MAX_PARTS
                or sum(part.file_size for part in parts) > MAX_UNPACKED
            ):
                raise ValidationError(
                    "This file is too large when uncompressed. Make it smaller or save "
                    "it as a PDF."
                )
            wanted = OPEN_DOCUMENT.get(ending)
            if wanted and archive.open("mimetype").read(len(wanted) + 1) != wanted:
                raise _wrong(ending)
            archive.getinfo(PARTS[ending])
    except (BadZipFile, KeyError, ValueError, OSError, NotImplementedError) as error:
        raise _wrong(ending) from error


def _is_plain_text(file: BinaryIO, start: bytes) -> bool:
    """Return whether this is text that browsers would not take for a page."""
    if start.lstrip().startswith((b"<", b"\xef\xbb\xbf<", b"%PDF-", b"{\\rtf")):
        return False
    file.seek(0)
    return not any(b"\0" in chunk for chunk in iter(lambda: file.read(65_536), b""))
