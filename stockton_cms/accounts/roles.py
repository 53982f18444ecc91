"""Who may do what in the admin: the one table (P9), explained in docs/roles.md.

A new line reaches every site with its next `migrate`; see `role_groups`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

ADMIN_ACCESS = "wagtailadmin.access_admin"
ALERTS = tuple(
    f"community.{action}_alertsnippet"
    for action in ("add", "change", "delete", "publish", "view")
)
REDIRECTS = tuple(
    f"wagtailredirects.{action}_redirect"
    for action in ("add", "change", "delete", "view")
)
SEARCH_WORDS = tuple(
    f"search.{action}_{model}"
    for model in ("promotionsnippet", "synonymsnippet", "blockedsuggestion")
    for action in ("add", "change", "delete", "view")
)
UNSUCCESSFUL_SEARCHES = tuple(
    f"search.{action}_feedbackaction" for action in ("add", "view")
)
SEARCH_CHECKS = tuple(
    f"search.{action}_searchchecksnippet"
    for action in ("add", "change", "delete", "view")
)
REVIEW = ("change", "publish", "lock", "unlock")
MEDIA_MODELS = ("wagtailimages.{}_image", "wagtaildocs.{}_document")
# Where a permission holds: on models, on pictures and documents, on pages.
MODELS, MEDIA, SITE, SECTION = "models", "media", "site", "section"


@dataclass(frozen=True)
class Role:
    """What one kind of colleague may do, and nothing more.

    `section_pages` and `site_pages` are page permissions, on the section or on all
    pages; `media` those for pictures and documents; `permissions` those for models.
    `approves` says whether they decide on what is submitted in the section.
    """

    name: str
    group: str
    section_pages: tuple[str, ...] = ()
    site_pages: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    approves: bool = False

    def grants(self) -> Iterator[tuple[str, str]]:
        """Yield each permission: where it holds, and its label."""
        for label in (ADMIN_ACCESS, *self.permissions):
            yield MODELS, label
        for action in self.media:
            for label in MEDIA_MODELS:
                yield MEDIA, label.format(action)
        for where, actions in (SITE, self.site_pages), (SECTION, self.section_pages):
            for action in actions:
                yield where, f"wagtailcore.{action}_page"


ROLES = (
    # Writes pages of the section and edits those; someone else publishes them.
    Role("author", "Authors", section_pages=("add",), media=("add", "choose")),
    # Edits every page of the section; someone else publishes them.
    Role(
        "editor",
        "Section editors",
        section_pages=("add", "change"),
        media=("add", "choose"),
        permissions=SEARCH_CHECKS,
    ),
    # Approves and publishes what authors and editors of the section send in.
    Role(
        "moderator",
        "Section moderators",
        section_pages=("add", *REVIEW),
        media=("add", "change", "choose"),
        permissions=SEARCH_CHECKS,
        approves=True,
    ),
    # Answers for all that the site says, alerts, footer and redirects included.
    Role(
        "communications lead",
        "Communications leads",
        site_pages=("add", "bulk_delete", *REVIEW),
        media=("add", "change", "choose"),
        permissions=(
            *ALERTS,
            *REDIRECTS,
            *SEARCH_WORDS,
            *UNSUCCESSFUL_SEARCHES,
            *SEARCH_CHECKS,
            "search.view_enquiry",
            "search.change_enquiry",
            "search.view_loggedsearch",
            "home.change_sitesettings",
            "stockton_cms.erase_personal_data",
        ),
        approves=True,
    ),
    # Publishes alerts and nothing else (A7).
    Role("alert publisher", "Alert publishers", permissions=ALERTS),
    # Reads what residents search for, answers and closes what they send in.
    Role(
        "enquiry handler",
        "Enquiry handlers",
        permissions=(
            "search.view_enquiry",
            "search.change_enquiry",
            *UNSUCCESSFUL_SEARCHES,
            "search.view_loggedsearch",
        ),
    ),
)
