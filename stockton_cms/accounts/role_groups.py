"""Makes the groups of the roles, and gives them what the table of roles says.

After every `migrate`, which is when Django has made the permissions, each group gets
what is new in the table. What it was given before stays as an administrator has left
it. What holds on pages is given when the first home page and the first section below
it are made, or at the next `migrate` where they are there already.
"""

from django.apps import apps as installed_apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
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
    WorkflowState,
    WorkflowTask,
)

from community.models import CommunityIndexPage
from home.models import HomePage
from stockton_cms.accounts.roles import MEDIA, MODELS, ROLES, SECTION, SITE, Role
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
        is_first = not RoleGroup.objects.exists()
        for role in ROLES:
            row, is_new = RoleGroup.objects.get_or_create(role=role.name)
            if is_new:
                row.group, _ = Group.objects.get_or_create(name=role.group)
                row.save()
        _give(MODELS, None)
        _give(MEDIA, Collection.get_first_root_node())
        if is_first:
            _retire_defaults()
        for where, pages in ((SITE, HomePage.objects), (SECTION, _sections())):
            # As plain pages: an older database may lack fields of ours.
            plain = Page.objects.filter(pk__in=pages.values("pk"))
            _give(where, plain.order_by("pk").first())


def _sections():
    return CommunityIndexPage.objects.filter(depth=3)


@receiver(post_save, sender=HomePage)
def grant_roles_on_first_home_page(sender, instance, created, raw=False, **kwargs):
    """Give the roles what they may do on all pages, once there are pages."""
    if created and not raw and not HomePage.objects.exclude(pk=instance.pk).exists():
        _give(SITE, instance, again=True)


@receiver(post_save, sender=CommunityIndexPage)
def grant_roles_on_first_section(sender, instance, created, raw=False, **kwargs):
    """Give the roles what they may do in the section, once there is one."""
    if not created or raw or instance.depth != 3:
        return
    if not _sections().exclude(pk=instance.pk).exists():
        _give(SECTION, instance, again=True)


def _give(where: str, target, again: bool = False) -> None:
    """Give each group what the table adds, on a page or collection.

    With `again` also what it was given before, on a page that has been deleted since.
    """
    if target is None and where != MODELS:
        return
    rows = (
        RoleGroup.objects.exclude(group=None)
        .select_related("group")
        .in_bulk(field_name="role")
    )
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.filter(_is_needed(where)).select_related(
            "content_type"
        )
    }
    for role in ROLES:
        if role.name in rows:
            _give_role(role, rows[role.name], where, target, permissions, again)
    if where == SECTION:
        _give_approval(target, rows, again)


def _is_needed(where: str) -> Q:
    labels = [label for role in ROLES for at, label in role.grants() if at == where]
    return Q(
        codename__in={label.split(".")[1] for label in labels},
        content_type__app_label__in={label.split(".")[0] for label in labels},
    )


def _give_role(
    role: Role, row: RoleGroup, where: str, target, permissions: dict, again: bool
) -> None:
    new = {}
    for at, label in role.grants():
        key = f"{where} {label}"
        if at == where and label in permissions and (again or key not in row.granted):
            new[key] = permissions[label]
    if not new:
        return
    if where == MODELS:
        row.group.permissions.add(*new.values())
    else:
        model, field = {
            MEDIA: (GroupCollectionPermission, "collection"),
            SITE: (GroupPagePermission, "page"),
            SECTION: (GroupPagePermission, "page"),
        }[where]
        rows = [
            model(group=row.group, permission=permission, **{f"{field}_id": target.pk})
            for permission in new.values()
        ]
        model.objects.bulk_create(rows, ignore_conflicts=True)
    row.granted = [*row.granted, *(key for key in new if key not in row.granted)]
    row.save()


APPROVAL = "section approval"


def _give_approval(section: Page, rows: dict[str, RoleGroup], again: bool) -> None:
    """Let the roles that approve decide on the section's pages, by one workflow."""
    new = [
        rows[role.name]
        for role in ROLES
        if role.approves
        and role.name in rows
        and (again or APPROVAL not in rows[role.name].granted)
    ]
    if not new:
        return
    workflow = section.get_workflow() or _make_workflow(section)
    for task in GroupApprovalTask.objects.filter(workflow_tasks__workflow=workflow):
        task.groups.add(*(row.group for row in new))
    for row in new:
        if APPROVAL not in row.granted:
            row.granted = [*row.granted, APPROVAL]
            row.save()


def _make_workflow(section: Page) -> Workflow:
    """Return a workflow of one step for the section, as it was left if there is one."""
    workflow, is_new = Workflow.objects.get_or_create(name=WORKFLOW, active=True)
    if is_new:
        task = GroupApprovalTask.objects.create(name=WORKFLOW)
        WorkflowTask.objects.create(workflow=workflow, task=task)
    WorkflowPage.objects.create(workflow=workflow, page_id=section.pk)
    return workflow


def _retire_defaults() -> None:
    """Delete the groups and the workflow that Wagtail brings, where no one used them.

    Where the workflow has been used it stays, and so does the group that decides.
    """
    used = WorkflowState.objects.values("workflow")
    unused = Workflow.objects.filter(name=DEFAULT_WORKFLOW).exclude(pk__in=used)
    tasks = GroupApprovalTask.objects.filter(
        name=DEFAULT_WORKFLOW, workflow_tasks__workflow__in=unused
    )
    for each in (*tasks, *unused):
        each.delete()
    groups = Group.objects.filter(name__in=DEFAULT_GROUPS, user=None)
    groups.filter(groupapprovaltask=None).delete()
