"""Who may do what in the admin: one table, and the groups made from it (P9)."""

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
)

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
    for model in ("promotionsnippet", "synonymsnippet", "unsuggestedsnippet")
    for action in ("add", "change", "delete", "view")
)
REVIEW = ("change", "publish", "lock", "unlock")
# The groups that Wagtail's own migrations create, for the whole site.
DEFAULT_GROUPS = ("Editors", "Moderators")


@dataclass(frozen=True)
class Role:
    """What one kind of colleague may do, and nothing more.

    `section_pages` and `site_pages` are page permissions, on one section or on all
    pages; `media` those for pictures and documents; `permissions` those for models.
    """

    name: str
    group: str
    section_pages: tuple[str, ...] = ()
    site_pages: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    approves: bool = False


ROLES = (
    # Writes pages of the section and edits those; somebody else publishes them.
    Role("author", "Authors", section_pages=("add",), media=("add", "choose")),
    # Edits every page of the section; somebody else publishes them.
    Role(
        "editor",
        "Section editors",
        section_pages=("add", "change"),
        media=("add", "choose"),
    ),
    # Approves and publishes what authors and editors of the section send in.
    Role(
        "moderator",
        "Section moderators",
        section_pages=("add", *REVIEW),
        media=("add", "change", "choose"),
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
            "search.view_loggedsearch",
            "home.change_sitesettings",
        ),
        approves=True,
    ),
    # Publishes alerts and nothing else (A7).
    Role("alert publisher", "Alert publishers", permissions=ALERTS),
    # Reads what residents search for, reads and closes what they send in.
    Role(
        "enquiry handler",
        "Enquiry handlers",
        permissions=(
            "search.view_enquiry",
            "search.change_enquiry",
            "search.view_loggedsearch",
        ),
    ),
)


def set_up_roles(site_root: Page, section: Page) -> dict[str, Group]:
    """Make the group of each role, with its permissions; return them by role name.

    A group that is already there keeps the permissions that it has. Raises
    `Permission.DoesNotExist` when the table names one that there is not.
    """
    groups = {}
    for role in ROLES:
        group, is_new = Group.objects.get_or_create(name=role.group)
        if is_new:
            _grant(group, role, site_root, section)
        groups[role.name] = group
    return groups


def _grant(group: Group, role: Role, site_root: Page, section: Page) -> None:
    """Give a new group what its role may do."""
    group.permissions.set(
        _permission(label) for label in (ADMIN_ACCESS, *role.permissions)
    )
    for page, actions in ((site_root, role.site_pages), (section, role.section_pages)):
        for action in actions:
            GroupPagePermission.objects.create(
                group=group,
                page=page,
                permission=_permission(f"wagtailcore.{action}_page"),
            )
    everything = Collection.get_first_root_node()
    for action in role.media:
        for kind in ("wagtailimages.{}_image", "wagtaildocs.{}_document"):
            GroupCollectionPermission.objects.create(
                group=group,
                collection=everything,
                permission=_permission(kind.format(action)),
            )


def _permission(label: str) -> Permission:
    """Return the permission of a label such as "search.view_enquiry"."""
    app, codename = label.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def retire_default_groups(groups: dict[str, Group]) -> None:
    """Delete the groups that Wagtail brings, where nobody is in them.

    Their place as approvers goes to the roles that approve.
    """
    unused = Group.objects.filter(Q(name__in=DEFAULT_GROUPS) & Q(user=None))
    approvers = [groups[role.name] for role in ROLES if role.approves]
    # Without a group in its task, the approval step would lead to nobody.
    for task in GroupApprovalTask.objects.filter(groups__in=unused).distinct():
        task.groups.add(*approvers)
    unused.delete()
