"""Takes out of pictures what cameras and programs write into them beside the picture.

Residents need not know where somebody took a photograph, with what and when. A picture
is drawn anew, so that nothing is kept but what is named here: pixels and colours.
"""

from io import BytesIO

from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps, ImageSequence
from PIL.JpegImagePlugin import get_sampling

# All that Pillow raises for files that are not what they begin as.
UNREADABLE = (OSError, ValueError, SyntaxError, LookupError, ArithmeticError)
# Of formats that lose something each time; hardly more than can be seen.
QUALITY = 90


class PlainPicture(ContentFile):
    """A file that holds a picture and nothing about it."""


def without_metadata(file: File) -> PlainPicture:
    """Return the picture alone, upright and with its colour profile.

    Raises one of `UNREADABLE` for what is no picture.
    """
    if isinstance(file, PlainPicture):
        return file
    file.seek(0)
    data = file.read()
    with Image.open(BytesIO(data)) as image:
        # Of the pictures in one file of a telephone, the first is the picture.
        kind = "JPEG" if image.format == "MPO" else image.format
        frames = [image] if kind == "JPEG" else ImageSequence.Iterator(image)
        first, *others = [_plain(frame) for frame in frames]
        options = _options(image, kind, data)
    if others:
        durations = [frame.info.get("duration", 0) for frame in (first, *others)]
        options |= {"save_all": True, "append_images": others, "duration": durations}
    drawn = BytesIO()
    first.save(drawn, kind, **options)
    return PlainPicture(drawn.getvalue(), name=file.name)


def _plain(frame: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(frame)
    kept = ("duration", "transparency")
    upright.info = {key: upright.info[key] for key in kept if key in upright.info}
    return upright


def _options(image: Image.Image, kind: str, data: bytes) -> dict:
    """Return how to store a picture so that it looks as it did."""
    kept = ("icc_profile", "loop")
    options = {key: image.info[key] for key in kept if image.info.get(key) is not None}
    if kind == "JPEG":
        # As finely as it was, so that it is no larger and loses next to nothing.
        options |= {"qtables": image.quantization, "subsampling": get_sampling(image)}
        options["progressive"] = "progressive" in image.info
    elif kind in {"AVIF", "WEBP"}:
        options["quality"] = QUALITY
    if kind == "WEBP":
        options["lossless"] = b"VP8L" in data
    return options
