"""Who may do what in the admin: one table (P9), and its groups (ADR 21)."""

from dataclasses import dataclass

from django.apps import apps as installed_apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from community.models import CommunityIndexPage
from home.models import HomePage
from stockton_cms.models import RoleGroup

USE_ADMIN = "wagtailadmin.access_admin"
# Where a permission holds: on models, on pictures and documents, on pages.
MODELS, MEDIA, SITE, SECTION = "models", "media", "site", "section"
# The one grant that is no permission: to decide on what is submitted.
APPROVAL = "approval"
# The groups and the workflow that Wagtail's own migrations create, for the whole site.
DEFAULT_GROUPS, DEFAULT_WORKFLOW = ("Editors", "Moderators"), "Moderators approval"
WORKFLOW = "Section approval"


def _on_models(app: str, *models: str) -> list[str]:
    actions = ("add", "change", "delete", "view")
    return [f"{app}.{action}_{model}" for model in models for action in actions]


def _on_pages(*actions: str) -> list[str]:
    return [f"wagtailcore.{action}_page" for action in actions]


def _on_files(*actions: str) -> list[str]:
    names = ("wagtailimages.{}_image", "wagtaildocs.{}_document")
    return [name.format(action) for action in actions for name in names]


ALERTS = [*_on_models("community", "alertsnippet"), "community.publish_alertsnippet"]
SEARCH_CHECKS = _on_models("search", "searchchecksnippet")
ENQUIRIES = ["search.view_enquiry", "search.change_enquiry", "search.view_loggedsearch"]
REVIEW = ("change", "publish", "lock", "unlock")


@dataclass(frozen=True)
class Role:
    """What one kind of colleague may do, by where it holds, and nothing more."""

    name: str
    group: str
    grants: dict[str, list[str]]


ROLES = (
    # Writes pages of the section and edits those; someone else publishes them.
    Role(
        "author",
        "Authors",
        {
            MODELS: [USE_ADMIN],
            MEDIA: _on_files("add", "choose"),
            SECTION: _on_pages("add"),
        },
    ),
    # Edits every page of the section; someone else publishes them.
    Role(
        "editor",
        "Section editors",
        {
            MODELS: [USE_ADMIN, *SEARCH_CHECKS],
            MEDIA: _on_files("add", "choose"),
            SECTION: _on_pages("add", "change"),
        },
    ),
    # Approves and publishes what authors and editors of the section send in.
    Role(
        "moderator",
        "Section moderators",
        {
            MODELS: [USE_ADMIN, *SEARCH_CHECKS],
            MEDIA: _on_files("add", "change", "choose"),
            SECTION: [*_on_pages("add", *REVIEW), APPROVAL],
        },
    ),
    # Answers for all that the site says, alerts, footer and redirects included.
    Role(
        "communications lead",
        "Communications leads",
        {
            MODELS: [
                USE_ADMIN,
                *ALERTS,
                *_on_models("wagtailredirects", "redirect"),
                *_on_models("search", "promotionsnippet", "synonymsnippet"),
                *_on_models("search", "blockedsuggestion"),
                *SEARCH_CHECKS,
                *ENQUIRIES,
                "home.change_sitesettings",
                "stockton_cms.erase_personal_data",
            ],
            MEDIA: _on_files("add", "change", "choose"),
            SITE: _on_pages("add", "bulk_delete", *REVIEW),
            SECTION: [APPROVAL],
        },
    ),
    # Publishes alerts and nothing else (A7).
    Role("alert publisher", "Alert publishers", {MODELS: [USE_ADMIN, *ALERTS]}),
    # Reads what residents search for, answers and closes what they send in.
    Role("enquiry handler", "Enquiry handlers", {MODELS: [USE_ADMIN, *ENQUIRIES]}),
)


def role_groups() -> dict[str, Group]:
    rows = RoleGroup.objects.exclude(group=None).select_related("group")
    return {row.role: row.group for row in rows}


def sync_roles(apps=installed_apps, **kwargs) -> None:
    """Give the groups what is new in the table, after `migrate` has made permissions.

    What they were given before stays as an administrator has left it.
    """
    try:
        apps.get_model("stockton_cms", "RoleGroup")
    except LookupError:
        # The database is at a migration before there were roles.
        return
    with transaction.atomic():
        if not RoleGroup.objects.exists():
            # No one has used Wagtail's own yet.
            for model in (Workflow, GroupApprovalTask):
                model.objects.filter(name=DEFAULT_WORKFLOW).delete()
            Group.objects.filter(name__in=DEFAULT_GROUPS, user=None).delete()
        for role in ROLES:
            row, is_new = RoleGroup.objects.get_or_create(role=role.name)
            if is_new:
                row.group, _ = Group.objects.get_or_create(name=role.group)
                row.save()
        _grant(MODELS)
        _grant(MEDIA, Collection.get_first_root_node())
        # As plain pages: an older database may lack fields of ours.
        for where, pages in (
            (SITE, Page.objects.type(HomePage)),
            (SECTION, Page.objects.type(CommunityIndexPage).filter(depth=3)),
        ):
            if page := pages.order_by("pk").first():
                _grant(where, page)


@receiver(post_save, sender=HomePage)
@receiver(post_save, sender=CommunityIndexPage)
def grant_roles_on_first_page(sender, instance, created, raw=False, **kwargs):
    """Give the roles what they may do on all pages and in the section, once made.

    Also what they were given before, on a page that has been deleted since.
    """
    where = {HomePage: SITE, CommunityIndexPage: SECTION}[sender]
    if not created or raw or (where == SECTION and instance.depth != 3):
        return
    others = sender.objects.exclude(pk=instance.pk).filter(depth=instance.depth)
    if not others.exists():
        _grant(where, instance, again=True)


def _grant(where: str, target=None, again: bool = False) -> None:
    """Give each group what the table adds, on a page or collection."""
    permissions = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in Permission.objects.select_related("content_type")
    }
    for role in ROLES:
        row = RoleGroup.objects.filter(role=role.name).exclude(group=None).first()
        if row is None:
            continue
        new = [
            label
            for label in role.grants.get(where, ())
            if (again or f"{where} {label}" not in row.granted)
            and (label in permissions or label == APPROVAL)
        ]
        for label in new:
            _give(row.group, permissions.get(label), where, target)
        if new:
            row.granted = sorted({*row.granted, *(f"{where} {label}" for label in new)})
            row.save()


def _give(group: Group, permission: Permission | None, where: str, target) -> None:
    of_group = {"group": group, "permission": permission}
    if permission is None:
        _let_approve(group, target)
    elif where == MODELS:
        group.permissions.add(permission)
    elif where == MEDIA:
        GroupCollectionPermission.objects.get_or_create(**of_group, collection=target)
    else:
        GroupPagePermission.objects.get_or_create(**of_group, page_id=target.pk)


def _let_approve(group: Group, section: Page) -> None:
    workflow = section.get_workflow()
    if workflow is None:
        workflow, is_new = Workflow.objects.get_or_create(name=WORKFLOW, active=True)
        if is_new:
            task = GroupApprovalTask.objects.create(name=WORKFLOW)
            WorkflowTask.objects.create(workflow=workflow, task=task)
        WorkflowPage.objects.get_or_create(
            page_id=section.pk, defaults={"workflow": workflow}
        )
    for task in GroupApprovalTask.objects.filter(workflow_tasks__workflow=workflow):
        task.groups.add(group)
