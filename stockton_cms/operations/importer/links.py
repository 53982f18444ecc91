"""Where the links of imported pages lead now."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site
from wagtail.whitelist import check_url

from home.content.validators import validate_web_address
from stockton_cms.operations.importer.files import FileError, FileStore
from stockton_cms.operations.importer.plan import Plan, address_of


@dataclass(frozen=True)
class Target:
    """What a link leads to: an address, or a page or document of the site.

    With none of them it leads nowhere, and `problem` says why.
    """

    href: str = ""
    page_id: int = 0
    document_id: int = 0
    digest: str = ""
    problem: str = ""
    # The page is not there yet; the address is where it will be.
    is_open: bool = False


class LinkResolver:
    """Finds what links lead to: imported pages, files, redirects, the site's pages."""

    def __init__(self, plan: Plan, library: FileStore, site: Site):
        self.plan = plan
        self.library = library
        self.site = site
        self.hosts = {*plan.hosts, site.hostname}
        self._on_site = lru_cache(maxsize=4096)(self._find_on_site)

    def target(self, href: str, base: str, text: str, stores: bool) -> Target:
        """Return what a link on a page that was at `base` leads to."""
        href = "".join(href.split())
        if not href or check_url(href) is None:
            return Target(problem=f"a link that no page may hold ({href[:60]})")
        try:
            parts = urlsplit(href)
            host = parts.hostname
        except ValueError:
            return Target(problem=f"a link that is no address ({href[:60]})")
        if parts.scheme in {"mailto", "tel"}:
            return Target(href=href)
        if parts.scheme not in {"", "http", "https"}:
            return Target(problem=f"a link that no page may hold ({href[:60]})")
        if host and host not in self.hosts:
            return _outside(href if parts.scheme else f"https:{href}")
        if not parts.path and not parts.query:
            if host:
                return self._inside("/", href, base, text, stores)
            return Target(problem=f"a link to a place within the page ({href[:60]})")
        return self._inside(href, href, base, text, stores)

    def _inside(
        self, local: str, href: str, base: str, text: str, stores: bool
    ) -> Target:
        address = address_of(urljoin(base or "/", local))
        path_only = urlsplit(address).path
        for candidate in (address, path_only):
            node = self.plan.by_address.get(candidate)
            if node is None or node.problem:
                continue
            if node.page_id:
                return Target(page_id=node.page_id)
            return Target(href=node.path, is_open=True)
        ending = path_only.rsplit(".", 1)[-1].lower()
        if ending in settings.WAGTAILDOCS_EXTENSIONS:
            try:
                return self._document(local, base, text, stores)
            except FileError as error:
                return Target(problem=f"a link to a file: {error} ({href[:100]})")
        return self._on_site(address) or Target(
            problem=f"a link that leads nowhere ({href[:100]})"
        )

    def _document(self, href: str, base: str, text: str, stores: bool) -> Target:
        path = self.library.find(href, base)
        if path is None:
            return Target(problem=f"a link to a file that is missing ({href[:100]})")
        digest, pk = self.library.document(path, text, stores)
        return Target(document_id=pk, digest=digest)

    def _find_on_site(self, address: str) -> Target | None:
        """Return a page of the site, or what a redirect knows of an address."""
        redirects = Redirect.get_for_site(self.site).filter(old_path=address)
        redirect = redirects.select_related("redirect_page").first()
        if redirect is not None:
            if redirect.redirect_page_id:
                return Target(page_id=redirect.redirect_page_id)
            return _outside(redirect.redirect_link)
        page = live_page_at(self.site, address)
        return Target(page_id=page.pk) if page else None


def _outside(href: str) -> Target:
    try:
        validate_web_address(href)
    except ValidationError:
        return Target(problem=f"a link that is no address ({href[:60]})")
    return Target(href=href)


def live_page_at(site: Site, address: str) -> Page | None:
    """Return the live page that answers at an address of a site."""
    steps = [step for step in unquote(urlsplit(address).path).split("/") if step]
    url_path = site.root_page.url_path + "".join(f"{step}/" for step in steps)
    slug = steps[-1] if steps else site.root_page.slug
    # The slug has an index, which the whole path has not.
    return Page.objects.live().filter(slug=slug, url_path=url_path).first()
