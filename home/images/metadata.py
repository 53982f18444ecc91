"""Removes the metadata that cameras and programs write into images.

Residents need not know where, when and with what someone took a photograph. The image
is redrawn, so that only its pixels and colour profile are stored.
"""

from io import BytesIO

from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

# What Pillow raises for files that do not contain what their header says.
UNREADABLE = (OSError, ValueError, SyntaxError, LookupError, ArithmeticError)
# For lossy formats; the loss is hardly visible.
QUALITY = 90


class PlainPicture(ContentFile):
    """An image file without metadata."""


def without_metadata(file: File) -> PlainPicture:
    """Return the image alone, upright and with its colour profile.

    Raises one of `UNREADABLE` if it is not an image.
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
