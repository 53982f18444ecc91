"""Fixtures for what keeps pages true."""

from datetime import date

import pytest
from django.contrib.auth.models import Group, Permission
from wagtail.models import GroupPagePermission

from home.editorial.reviews.models import PageReview
from tests.factories import StandardPageFactory
from tests.home.notifications.emails import mail_errors  # noqa: F401

TODAY = date(2026, 3, 3)


@pytest.fixture
def make_reviewed(section):
    """Return a function that gives a live page with a review date and an owner."""

    def make(review_on=TODAY, email="ann@example.gov.uk", **values):
        return StandardPageFactory(
            **{"parent": section, "owner_name": "Ann", **values},
            review_on=review_on,
            owner_email=email,
        )

    return make


@pytest.fixture
def review_of(db):
    """Return a function that reads what is written of a page's review."""
    return lambda page: PageReview.objects.get(pk=page.pk)


@pytest.fixture
def editor(client, django_user_model):
    """Return a client of a user who may only open the admin."""
    user = django_user_model.objects.create_user("editor", email="o@example.gov.uk")
    group = Group.objects.create(name="Editors")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    user.groups.add(group)
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def may(editor):
    """Return a function that lets the editor do something below a page."""

    def allow(page, *actions):
        for action in actions:
            GroupPagePermission.objects.create(
                group=editor.user.groups.get(),
                page=page,
                permission=Permission.objects.get(codename=f"{action}_page"),
            )

    return allow
