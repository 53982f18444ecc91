"""Fixtures of the tests of enquiries."""

import time

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from search.feedback.enquiries.forms import SIGNER
from tests.home.notifications.emails import mail_errors  # noqa: F401


def shown_seconds_ago(seconds):
    return SIGNER.sign(str(time.time() - seconds))


@pytest.fixture
def send(home, client):

    def post(**values):
        data = {"message": "A blue bin", "shown_at": shown_seconds_ago(60), **values}
        sent = {name: value for name, value in data.items() if value is not None}
        return client.post(reverse("enquiry"), sent)

    return post


@pytest.fixture
def colleague(db, django_user_model):

    def make(name, *permissions):
        user = django_user_model.objects.create_user(name, password="x")
        group = Group.objects.create(name=f"Group of {name}")
        for codename in ("access_admin", *permissions):
            group.permissions.add(Permission.objects.get(codename=codename))
        user.groups.add(group)
        return user

    return make


@pytest.fixture
def handler(client, colleague):
    user = colleague("hannah", "view_enquiry", "change_enquiry")
    client.force_login(user)
    return user


@pytest.fixture
def step(client, handler):

    def send(name, enquiry, **values):
        last = enquiry.last_action
        data = {"last": last.pk if last else "", **values}
        address = reverse(f"{name}_enquiry", args=[enquiry.pk])
        response = client.post(address, data, follow=True)
        enquiry.refresh_from_db()
        return response

    return send
