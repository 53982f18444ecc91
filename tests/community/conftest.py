"""Fixtures for alerts."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from wagtail.models import GroupApprovalTask, Workflow, WorkflowTask

from tests.factories import AlertFactory


@pytest.fixture
def alert(home):
    alert = AlertFactory(heading="Floods in Yarm")
    alert.save_revision().publish()
    alert.refresh_from_db()
    return alert


@pytest.fixture
def publish_alert(admin_client, send_form):
    def publish(address, **fields):
        confirmation = send_form(address, **fields)["Location"]
        html = BeautifulSoup(admin_client.get(confirmation).content, "html.parser")
        draft = html.select_one("input[name=draft]")["value"]
        return admin_client.post(confirmation, {"draft": draft}, follow=True)

    return publish


@pytest.fixture
def writer(client, django_user_model):
    user = django_user_model.objects.create_user("writer")
    names = ["access_admin", "add_alertsnippet", "change_alertsnippet"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


@pytest.fixture
def start_workflow(admin_user):
    def start(alert):
        workflow = Workflow.objects.create(name="Second pair of eyes")
        task = GroupApprovalTask.objects.create(name="Look")
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
        workflow.start(alert, admin_user)

    return start
