"""Where the links of imported pages lead now."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Site
from wagtail.whitelist import check_url

from home.content.validators import validate_web_address
from stockton_cms.operations.importer.files import FileError, FileStore
from stockton_cms.operations.importer.plan import Plan, page_at
from stockton_cms.operations.importer.records import address_of

NOT_ALLOWED = "a link that no page may hold"
NO_ADDRESS = "a link that is no address"


class LinkError(Exception):
    """A link leads nowhere; says why."""

    def __init__(self, why: str, href: str):
        super().__init__(f"{why} ({href[:100]})")


class LinkResolver:
    """Finds what links lead to: imported pages, files, redirects, the site's pages."""

    def __init__(self, plan: Plan, files: FileStore, site: Site):
        self.plan = plan
        self.files = files
        self.site = site
        self.hosts = {*plan.hosts, site.hostname}
        self._on_site = lru_cache(maxsize=4096)(self._find_on_site)

    def target(self, href: str, base: str) -> str | int | Path:
        """Return the address, id of a page or document file that a link leads to.

        `base` is where the page with the link was. Raises `LinkError`.
        """
        href = "".join(href.split())
        if not href or check_url(href) is None:
            raise LinkError(NOT_ALLOWED, href)
        try:
            parts = urlsplit(href)
            host = parts.hostname
        except ValueError as error:
            raise LinkError(NO_ADDRESS, href) from error
        if parts.scheme in {"mailto", "tel"}:
            return href
        if parts.scheme not in {"", "http", "https"}:
            raise LinkError(NOT_ALLOWED, href)
        if host and host not in self.hosts:
            return _checked(href if parts.scheme else f"https:{href}")
        if not (host or parts.path or parts.query):
            raise LinkError("a link to a place within the page", href)
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
            try:
                path = self.files.find(href, base)
            except FileError as error:
                raise LinkError(f"a link to a file: {error}", href) from error
            if path is None:
                raise LinkError("a link to a file that is missing", href)
            return path
        if target := self._on_site(address):
            return target
        raise LinkError("a link that leads nowhere", href)

    def _find_on_site(self, address: str) -> str | int | None:
        """Return a page of the site, or what a redirect knows of an address."""
        redirect = Redirect.get_for_site(self.site).filter(old_path=address).first()
        if redirect is not None:
            return redirect.redirect_page_id or _checked(redirect.redirect_link)
        page = page_at(address)
        return page.pk if page and page.live else None


def _checked(href: str) -> str:
    try:
        validate_web_address(href)
    except ValidationError as error:
        raise LinkError(NO_ADDRESS, href) from error
    return href
