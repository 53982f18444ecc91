"""Fixtures for alerts."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from wagtail.models import GroupApprovalTask, Workflow, WorkflowTask

from tests.factories import AlertFactory


@pytest.fixture
def alert(home):
    """Return an alert that was published in the admin's way."""
    alert = AlertFactory(heading="Floods in Yarm")
    alert.save_revision().publish()
    alert.refresh_from_db()
    return alert


@pytest.fixture
def publish_alert(admin_client, send_form):
    """Return a function that sends an alert's form, confirms it and publishes it."""

    def publish(address, **fields):
        confirmation = send_form(address, **fields)["Location"]
        html = BeautifulSoup(admin_client.get(confirmation).content, "html.parser")
        draft = html.select_one("input[name=draft]")["value"]
        return admin_client.post(confirmation, {"draft": draft}, follow=True)

    return publish


@pytest.fixture
def writer(client, django_user_model):
    """Return the client of someone who may write alerts and not publish them."""
    user = django_user_model.objects.create_user("writer")
    names = ["access_admin", "add_alertsnippet", "change_alertsnippet"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


@pytest.fixture
def start_workflow(admin_user):
    """Return a function that submits an alert for approval."""

    def start(alert):
        workflow = Workflow.objects.create(name="Second pair of eyes")
        task = GroupApprovalTask.objects.create(name="Look")
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
        workflow.start(alert, admin_user)

    return start
