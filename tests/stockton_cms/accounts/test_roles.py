"""The roles are there after `migrate`, as docs/roles.md says, and stay as changed."""

import re
from collections import defaultdict
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from wagtail.models import (
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Workflow,
    WorkflowPage,
)

from stockton_cms.accounts.roles import ROLES, WORKFLOW, role_groups, sync_roles
from stockton_cms.models import RoleGroup
from tests.factories import CommunityIndexPageFactory

pytestmark = pytest.mark.django_db


def permissions_in_documentation():
    text = (settings.BASE_DIR / "docs/roles.md").read_text()
    rows = [line.strip("| ").split("|") for line in text.splitlines() if "|" in line]
    names = [cell.strip() for cell in rows[0]][1:-1]
    found = defaultdict(set)
    for row in rows[2:]:
        for name, cell in zip(names, row[1:-1], strict=True):
            assert cell.strip() in {"yes", ""}, row
            if cell.strip():
                found[name] |= set(re.findall("`(.+?)`", row[-1]))
    return dict(found)


def label_of(permission):
    return f"{permission.content_type.app_label}.{permission.codename}"


def permissions_in_database(home, section):
    found = {}
    for name, group in role_groups().items():
        labels = {f"models {label_of(each)}" for each in group.permissions.all()}
        for each in GroupCollectionPermission.objects.filter(group=group):
            assert each.collection.is_root()
            labels.add(f"media {label_of(each.permission)}")
        for each in GroupPagePermission.objects.filter(group=group):
            where = {home.pk: "site", section.pk: "section"}[each.page_id]
            labels.add(f"{where} {label_of(each.permission)}")
        if GroupApprovalTask.objects.filter(groups=group).exists():
            labels.add("section approval")
        found[name] = labels
    return found


def test_documentation_says_what_the_database_says(home, section):
    documented = permissions_in_documentation()
    assert list(documented) == [role.name for role in ROLES]
    assert documented == permissions_in_database(home, section)
    assert section.get_workflow() == Workflow.objects.get()
    assert home.get_workflow() is None
    # The control: a permission too many would be noticed.
    role_groups()["author"].permissions.add(Permission.objects.first())
    assert documented != permissions_in_database(home, section)


def test_a_site_without_pages_has_the_roles_and_nothing_of_wagtails_own(home):
    home.delete()
    assert set(role_groups()) == {role.name for role in ROLES}
    assert Group.objects.count() == len(ROLES)
    assert not GroupPagePermission.objects.exists()
    assert [workflow.name for workflow in Workflow.objects.all()] == [WORKFLOW]
    assert set(role_groups()["alert publisher"].permissions.values_list("codename")) > {
        ("publish_alertsnippet",)
    }


def test_a_section_in_place_of_one_that_was_deleted_gets_all_of_it(home, section):
    before = permissions_in_database(home, section)
    granted = GroupPagePermission.objects.count()
    # A second section is no one's.
    second = CommunityIndexPageFactory(parent=home)
    inner = CommunityIndexPageFactory(parent=section)
    assert GroupPagePermission.objects.count() == granted
    assert second.get_workflow() is None
    assert inner.get_workflow() == section.get_workflow()
    section.delete()
    second.refresh_from_db()
    second.delete()
    home.refresh_from_db()
    third = CommunityIndexPageFactory(parent=home)
    assert permissions_in_database(home, third) == before
    assert Workflow.objects.count() == 1


def test_pages_that_were_there_before_the_roles_get_them_by_migrate(home, section):
    before = permissions_in_database(home, section)
    RoleGroup.objects.all().delete()
    Group.objects.all().delete()
    Workflow.objects.all().delete()
    call_command("migrate", verbosity=0, stdout=StringIO())
    assert permissions_in_database(home, section) == before
    assert section.get_workflow().name == "Section approval"


def test_migrate_leaves_what_an_administrator_has_changed(home, section):
    groups = role_groups()
    author, editor, lead = (
        groups[name] for name in ("author", "editor", "communications lead")
    )
    author.permissions.clear()
    GroupPagePermission.objects.filter(group=author).delete()
    editor.name = "Writers"
    editor.save()
    lead.permissions.add(Permission.objects.get(codename="add_user"))
    groups["enquiry handler"].delete()
    WorkflowPage.objects.all().delete()
    sync_roles()
    assert not author.permissions.exists()
    assert not author.page_permissions.exists()
    assert set(role_groups()) == {role.name for role in ROLES} - {"enquiry handler"}
    assert role_groups()["editor"].name == "Writers"
    assert not Group.objects.filter(name="Section editors").exists()
    assert lead.permissions.filter(codename="add_user").exists()
    assert not WorkflowPage.objects.exists()
    # What is new in the table it brings all the same.
    row = RoleGroup.objects.get(role="editor")
    new = "section wagtailcore.change_page"
    row.granted = [label for label in row.granted if label != new]
    row.save()
    row.group.page_permissions.all().delete()
    sync_roles()
    (given,) = row.group.page_permissions.all()
    assert (given.permission.codename, given.page_id) == ("change_page", section.pk)


def test_wagtails_groups_stay_where_somebody_is_in_them(django_user_model):
    RoleGroup.objects.all().delete()
    used, _unused = [Group.objects.create(name=n) for n in ("Editors", "Moderators")]
    django_user_model.objects.create_user("ann").groups.add(used)
    sync_roles()
    assert Group.objects.filter(name="Editors").exists()
    assert not Group.objects.filter(name="Moderators").exists()
    # Once only: an administrator may make a group of that name.
    Group.objects.create(name="Moderators")
    sync_roles()
    assert Group.objects.filter(name="Moderators").exists()
