"""Makes the groups of the roles, and gives them what the table of roles says.

After every `migrate`, which is when Django has made the permissions, each group gets
what is new in the table. What it was given before stays as an administrator has left
it. What holds on pages is given when the first home page and the first section below
it are made, or at the next `migrate` where they are there already.
"""

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
from stockton_cms.accounts.roles import (
    APPROVAL,
    MEDIA,
    MODELS,
    ROLES,
    SECTION,
    SITE,
)
from stockton_cms.models import RoleGroup

# The groups and the workflow that Wagtail's own migrations create, for the whole site.
DEFAULT_GROUPS = ("Editors", "Moderators")
DEFAULT_WORKFLOW = "Moderators approval"
WORKFLOW = "Section approval"


def role_groups() -> dict[str, Group]:
    rows = RoleGroup.objects.exclude(group=None).select_related("group")
    return {row.role: row.group for row in rows}


def sync_roles(apps=installed_apps, **kwargs) -> None:
    """Give the groups what is new in the table; for `post_migrate`."""
    try:
        apps.get_model("stockton_cms", "RoleGroup")
    except LookupError:
        # The database is at a migration before there were roles.
        return
    with transaction.atomic():
        if not RoleGroup.objects.exists():
            _retire_defaults()
        for role in ROLES:
            row, is_new = RoleGroup.objects.get_or_create(role=role.name)
            if is_new:
                row.group, _ = Group.objects.get_or_create(name=role.group)
                row.save()
        _give(MODELS)
        _give(MEDIA, Collection.get_first_root_node())
        # As plain pages: an older database may lack fields of ours.
        for where, pages in (
            (SITE, Page.objects.type(HomePage)),
            (SECTION, Page.objects.type(CommunityIndexPage).filter(depth=3)),
        ):
            if page := pages.order_by("pk").first():
                _give(where, page)


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
        _give(where, instance, again=True)


def _give(where: str, target=None, again: bool = False) -> None:
    """Give each group what the table adds, on a page or collection."""
    wanted = {role.name: [*role.grants(where)] for role in ROLES}
    codenames = {label.split(".")[-1] for labels in wanted.values() for label in labels}
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.filter(
            codename__in=codenames
        ).select_related("content_type")
    }
    deciding = []
    for row in RoleGroup.objects.exclude(group=None).select_related("group"):
        new = [
            label
            for label in wanted.get(row.role, ())
            if (again or f"{where} {label}" not in row.granted)
            and (label in permissions or label == APPROVAL)
        ]
        if not new:
            continue
        _add(row.group, where, target, [permissions[x] for x in new if x != APPROVAL])
        if APPROVAL in new:
            deciding.append(row.group)
        row.granted = sorted({*row.granted, *(f"{where} {label}" for label in new)})
        row.save()
    if deciding:
        _let_decide(deciding, target)


def _add(group: Group, where: str, target, permissions: list[Permission]) -> None:
    if where == MODELS:
        group.permissions.add(*permissions)
        return
    model, field = (
        (GroupCollectionPermission, "collection_id")
        if where == MEDIA
        else (GroupPagePermission, "page_id")
    )
    rows = [
        model(group=group, permission=permission, **{field: target.pk})
        for permission in permissions
    ]
    model.objects.bulk_create(rows, ignore_conflicts=True)


def _let_decide(groups: list[Group], section: Page) -> None:
    workflow = section.get_workflow()
    if workflow is None:
        workflow, is_new = Workflow.objects.get_or_create(name=WORKFLOW, active=True)
        if is_new:
            task = GroupApprovalTask.objects.create(name=WORKFLOW)
            WorkflowTask.objects.create(workflow=workflow, task=task)
        WorkflowPage.objects.create(workflow=workflow, page_id=section.pk)
    for task in GroupApprovalTask.objects.filter(workflow_tasks__workflow=workflow):
        task.groups.add(*groups)


def _retire_defaults() -> None:
    """Delete Wagtail's groups and workflow, which no one has used yet."""
    for model in (Workflow, GroupApprovalTask):
        model.objects.filter(name=DEFAULT_WORKFLOW).delete()
    Group.objects.filter(name__in=DEFAULT_GROUPS, user=None).delete()
