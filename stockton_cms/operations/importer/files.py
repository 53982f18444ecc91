"""The pictures and documents of a source: those that lie inside its folder."""

from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.defaultfilters import filesizeformat
from wagtail.documents import get_document_model
from wagtail.documents.forms import get_document_form
from wagtail.images import get_image_model
from wagtail.images.forms import get_image_form
from wagtail.models import Collection
from wagtail.utils.file import hash_filelike

MAX_BYTES = settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE


class FileError(Exception):
    """A file cannot be carried over; says why."""


class FileStore:
    """Finds files in the source's folder; `stores` them, each once, or only checks."""

    def __init__(self, root: Path, stores: bool):
        self.root = root.resolve()
        self.stores = stores
        # Deletes what was stored, where that is not saved after all.
        self.undo = ExitStack()
        self._image_form = get_image_form(get_image_model())
        self._document_form = get_document_form(get_document_model())
        self._collection = Collection.get_first_root_node()
        # The digest and id of each file that was read.
        self._known: dict[tuple[type, Path], tuple[str, int]] = {}

    def find(self, address: str, base: str) -> Path | None:
        """Return the file that an address on a page means; None where there is none.

        Raises `FileError` for one outside the folder, whatever it is.
        """
        whole = unquote(urlsplit(urljoin(base or "/", address)).path)
        for name in (whole, unquote(urlsplit(address).path)):
            try:
                path = (self.root / name.lstrip("/")).resolve()
                if not path.is_relative_to(self.root):
                    raise FileError("it lies outside the folder")
                if path.is_file():
                    return path
            except (OSError, ValueError, RuntimeError) as error:
                raise FileError("its name cannot be read") from error
        return None

    def image(self, path: Path, alt: str) -> tuple[str, int]:
        """Return a picture's digest, and its id, which is 0 if it is not stored."""
        values = {"title": path.stem[:255], "description": alt[:255]}
        return self._take(path, self._image_form, values)

    def document(self, path: Path, title: str) -> tuple[str, int]:
        """Return a document's digest, and its id, which is 0 if it is not stored."""
        values = {"title": (title or path.stem)[:255]}
        return self._take(path, self._document_form, values)

    def _take(self, path: Path, form_class: type[forms.ModelForm], values: dict):
        if (form_class, path) not in self._known:
            if path.stat().st_size > MAX_BYTES:
                raise FileError(f"it is larger than {filesizeformat(MAX_BYTES)}")
            file = SimpleUploadedFile(path.name, path.read_bytes())
            values = {**values, "collection": self._collection.pk}
            form = form_class(values, {"file": file})
            # Which an officer could not upload either.
            if not form.is_valid():
                errors = [text for texts in form.errors.values() for text in texts]
                raise FileError(" ".join(errors))
            digest = hash_filelike(form.cleaned_data["file"])
            pk = self._store(form, digest) if self.stores else 0
            self._known[form_class, path] = digest, pk
        return self._known[form_class, path]

    def _store(self, form: forms.ModelForm, digest: str) -> int:
        same = form._meta.model.objects.filter(file_hash=digest).order_by("pk").first()
        if same:
            return same.pk
        thing = form.save()
        self.undo.callback(thing.file.storage.delete, thing.file.name)
        return thing.pk
