"""Where the links of imported pages lead now, and the files that go with the pages."""

from contextlib import ExitStack
from functools import lru_cache
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.forms import ModelForm
from django.template.defaultfilters import filesizeformat
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.forms import get_document_form
from wagtail.images.forms import get_image_form
from wagtail.images.models import Image
from wagtail.models import Collection
from wagtail.utils.file import hash_filelike
from wagtail.whitelist import check_url

from home.content.fields import validate_web_address
from stockton_cms.operations.importer.plan import Plan, address_of, page_at

NO_ADDRESS = "a link that is no address"
MAX_BYTES = settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE


class NotImported(Exception):  # noqa: N818
    """A link or a file cannot be carried over; says why."""


class LinkResolver:
    """Finds what links lead to: imported pages, files, redirects, the site's pages.

    Pictures and documents are those that lie inside `root`, the source's folder.
    """

    def __init__(self, plan: Plan, root: Path):
        self.plan = plan
        self.root = root.resolve()
        self.site = plan.section.get_site()
        self.hosts = {*plan.hosts, self.site.hostname}
        # Deletes the files that were stored, where that is not saved after all.
        self.undo = ExitStack()
        # The digest and id of each file that was read.
        self._known: dict[tuple, tuple[str, int]] = {}
        self._on_site = lru_cache(maxsize=4096)(self._find_on_site)

    def target(self, href: str, base: str) -> str | int | Path:
        """Return the address, id of a page or document file that a link leads to.

        `base` is where the page with the link was. Raises `NotImported`.
        """
        href = "".join(href.split())
        try:
            parts = urlsplit(href)
            host = parts.hostname
        except ValueError as error:
            raise NotImported(NO_ADDRESS) from error
        known = {"", "http", "https", "mailto", "tel"}
        if check_url(href) is None or parts.scheme not in known:
            raise NotImported("a link that no page may hold")
        if parts.scheme in {"mailto", "tel"}:
            return href
        if host and host not in self.hosts:
            return _checked(href if parts.scheme else f"https:{href}")
        if not (host or parts.path or parts.query):
            raise NotImported("a link to a place within the page")
        return self._inside(href if parts.path or parts.query else "/", base)

    def _inside(self, href: str, base: str) -> str | int | Path:
        address = address_of(urljoin(base or "/", href))
        path_only = urlsplit(address).path
        for candidate in (address, path_only):
            record = self.plan.by_address.get(candidate)
            if record and not (record.problem or record.is_deleted):
                # A dry run makes no pages.
                return record.page_id or record.path
        if path_only.rpartition(".")[2].lower() in settings.WAGTAILDOCS_EXTENSIONS:
            return self.file(href, base)
        if target := self._on_site(address):
            return target
        raise NotImported("a link that leads nowhere")

    def _find_on_site(self, address: str) -> str | int | None:
        redirect = Redirect.get_for_site(self.site).filter(old_path=address).first()
        if redirect is not None:
            return redirect.redirect_page_id or _checked(redirect.redirect_link)
        page = page_at(address)
        return page.pk if page and page.live else None

    def file(self, address: str, base: str) -> Path:
        """Return the file that an address on a page means.

        Raises `NotImported` where there is none, or for one outside the folder,
        whatever it is.
        """
        whole = unquote(urlsplit(urljoin(base or "/", address)).path)
        for name in (whole, unquote(urlsplit(address).path)):
            try:
                path = (self.root / name.lstrip("/")).resolve()
                if not path.is_relative_to(self.root):
                    raise NotImported("the file is outside the folder")
                if path.is_file():
                    return path
            except (OSError, ValueError, RuntimeError) as error:
                raise NotImported("its name cannot be read") from error
        raise NotImported("there is no such file")

    def upload(
        self, model: type[models.Model], path: Path, stores: bool, **values: str
    ) -> tuple[str, int]:
        """Return a file's digest, and the id of its picture or document.

        It is stored once; the id is 0 where it is only checked. Raises `NotImported`
        for what an officer could not upload either.
        """
        key = model, path, stores
        if key not in self._known:
            if path.stat().st_size > MAX_BYTES:
                raise NotImported(f"it is larger than {filesizeformat(MAX_BYTES)}")
            file = SimpleUploadedFile(path.name, path.read_bytes())
            get_form = get_image_form if model is Image else get_document_form
            values = {name: text[:255] for name, text in values.items()}
            values["collection"] = Collection.get_first_root_node().pk
            form = get_form(model)(values, {"file": file})
            if not form.is_valid():
                raise NotImported(" ".join(chain(*form.errors.values())))
            digest, thing = hash_filelike(form.cleaned_data["file"]), None
            if stores:
                same = model.objects.filter(file_hash=digest).order_by("pk")
                thing = same.first() or self._store(form)
            self._known[key] = digest, thing.pk if thing else 0
        return self._known[key]

    def _store(self, form: ModelForm) -> models.Model:
        thing = form.save()
        self.undo.callback(thing.file.storage.delete, thing.file.name)
        return thing


def _checked(href: str) -> str:
    try:
        validate_web_address(href)
    except ValidationError as error:
        raise NotImported(NO_ADDRESS) from error
    return href
