"""Who may do what in the admin: the one table (P9), explained in docs/roles.md.

A new line reaches every site with its next `migrate`; see `role_groups`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

ADMIN_ACCESS = "wagtailadmin.access_admin"


def _permissions(app: str, *models: str) -> tuple[str, ...]:
    actions = ("add", "change", "delete", "view")
    return tuple(f"{app}.{action}_{model}" for model in models for action in actions)


ALERTS = (
    *_permissions("community", "alertsnippet"),
    "community.publish_alertsnippet",
)
REDIRECTS = _permissions("wagtailredirects", "redirect")
SEARCH_WORDS = _permissions(
    "search", "promotionsnippet", "synonymsnippet", "blockedsuggestion"
)
SEARCH_CHECKS = _permissions("search", "searchchecksnippet")
ENQUIRIES = ("search.view_enquiry", "search.change_enquiry", "search.view_loggedsearch")
REVIEW = ("change", "publish", "lock", "unlock")
# Where a permission holds: on models, on pictures and documents, on pages.
MODELS, MEDIA, SITE, SECTION = "models", "media", "site", "section"
# The one grant that is no permission: to decide on what is submitted.
APPROVAL = "approval"


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

    def grants(self, where: str) -> Iterator[str]:
        if where == MODELS:
            yield from (ADMIN_ACCESS, *self.permissions)
        elif where == MEDIA:
            for action in self.media:
                yield f"wagtailimages.{action}_image"
                yield f"wagtaildocs.{action}_document"
        else:
            actions = self.site_pages if where == SITE else self.section_pages
            yield from (f"wagtailcore.{action}_page" for action in actions)
            if where == SECTION and self.approves:
                yield APPROVAL


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
            *SEARCH_CHECKS,
            *ENQUIRIES,
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
        permissions=ENQUIRIES,
    ),
)
