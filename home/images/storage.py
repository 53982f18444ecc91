"""Storage of uploaded files: unguessable names, no metadata, full disks."""

import errno
import os
import shutil
from contextlib import suppress
from io import BytesIO
from pathlib import PurePosixPath
from string import ascii_lowercase, digits

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from django.utils.crypto import get_random_string
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

# SQLite's message, and the operating system's, which PostgreSQL quotes.
FULL = ("disk is full", os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
# Where Wagtail stores uploaded images, and uploads that are still incomplete.
ORIGINALS = ("original_images/", "wagtail_uploads/")
# One of 36 ** 12 names cannot be guessed.
FOLDER_NAME_LENGTH = 12
FILE_FOLDER = rf"/[0-9a-z]{{{FOLDER_NAME_LENGTH}}}/"
# What Pillow raises for files that do not contain what their header says.
UNREADABLE = (OSError, ValueError, SyntaxError, LookupError, ArithmeticError)
# For lossy formats; the loss is hardly visible.
QUALITY = 90


def is_disk_full_error(error: Exception) -> bool:
    return any(message in str(error) for message in FULL)


class PlainPicture(ContentFile):
    """An image file without metadata."""


def without_metadata(file: File) -> PlainPicture:
    """Return the image alone, upright and with its colour profile.

    Residents need not know where, when and with what someone took a photograph. So the
    image is redrawn. Raises one of `UNREADABLE` if it is not an image.
    """
    if isinstance(file, PlainPicture):
        return file
    file.seek(0)
    data = file.read()
    with Image.open(BytesIO(data)) as image:
        # Only the first of several images is ever shown. Phones add smaller ones.
        kind = "JPEG" if image.format == "MPO" else image.format
        options = _options(image, kind, data)
        upright = ImageOps.exif_transpose(image)
    transparency = upright.info.get("transparency")
    upright.info = {} if transparency is None else {"transparency": transparency}
    drawn = BytesIO()
    upright.save(drawn, kind, **options)
    return PlainPicture(drawn.getvalue(), name=file.name)


def _options(image: Image.Image, kind: str, data: bytes) -> dict:
    colours = image.info.get("icc_profile")
    options = {"icc_profile": colours} if colours else {}
    if kind == "JPEG":
        # The original quality, so that it loses almost nothing and grows no larger.
        options |= {"qtables": image.quantization, "subsampling": get_sampling(image)}
        options["progressive"] = "progressive" in image.info
    elif kind in {"AVIF", "WEBP"}:
        options["quality"] = QUALITY
    if kind == "WEBP":
        options["lossless"] = b"VP8L" in data
    return options


class MediaStorageUnavailableError(OSError):
    """A store of another machine does not answer, or not as it should."""


class MediaMixin:
    """A storage of images without metadata, each file in a folder of its own."""

    def generate_filename(self, filename: str) -> str:
        path = PurePosixPath(super().generate_filename(filename))
        folder = get_random_string(FOLDER_NAME_LENGTH, ascii_lowercase + digits)
        return str(path.parent / folder / path.name)

    def save(self, name: str, content: File, max_length: int | None = None) -> str:
        if str(name).startswith(ORIGINALS):
            # Unreadable files have no renditions, so they are never served.
            with suppress(*UNREADABLE):
                plain = without_metadata(content)
                # Django reads the size of the file it passed in.
                content.file, content.size = plain.file, plain.size
                content = plain
        return super().save(name, content, max_length)


class AtomicFileStorage(MediaMixin, FileSystemStorage):
    """Starts no file that does not fit on the disk: Django leaves partial files."""

    def _save(self, name: str, content: File) -> str:
        os.makedirs(self.location, exist_ok=True)
        if content.size > shutil.disk_usage(self.location).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super()._save(name, content)

    def delete(self, name: str) -> None:
        super().delete(name)
        with suppress(OSError):
            os.rmdir(os.path.dirname(self.path(name)))
