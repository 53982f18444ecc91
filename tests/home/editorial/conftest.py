"""Fixtures for what keeps pages true."""

import csv
import json
from datetime import date
from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse

from home.editorial.models import PageReview
from tests.factories import StandardPageFactory
from tests.home.notifications.emails import mail_errors  # noqa: F401

TODAY = date(2026, 3, 3)


def rich_text_as_sent(text, link):
    """Return a paragraph that is a link as the editor sends it."""
    ranges = [{"offset": 0, "length": len(text), "key": 0}]
    block = {"key": "a", "text": text, "type": "unstyled", "depth": 0}
    block |= {"inlineStyleRanges": [], "entityRanges": ranges}
    entity = {"type": "LINK", "mutability": "MUTABLE", "data": link}
    return json.dumps({"blocks": [block], "entityMap": {"0": entity}})


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
    client.user = django_user_model.objects.create_user("editor", email="o@example.org")
    group = client.user.groups.create(name="Editors")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(client.user)
    return client


@pytest.fixture
def may(editor):
    """Return a function that lets the editor do something below a page."""

    def allow(page, *actions):
        for action in actions:
            permission = Permission.objects.get(codename=f"{action}_page")
            editor.user.groups.get().page_permissions.create(
                page=page, permission=permission
            )

    return allow


@pytest.fixture
def ask(admin_client, admin_user):
    """Return a function that asks a report and gives the cells of each row."""

    def get(report, client=admin_client, **query):
        if client is admin_client:
            client.force_login(admin_user)
        response = client.get(reverse(f"{report}_report"), query)
        assert response.status_code == 200
        html = BeautifulSoup(response.content, "html.parser")
        return [
            [" ".join(cell.get_text(" ").split()) for cell in row.find_all("td")]
            for row in html.select("table.listing tbody tr")
        ]

    return get


@pytest.fixture
def export(admin_client):
    """Return a function that gives the rows of a report's CSV export."""

    def get(report, **query):
        query["export"] = "csv"
        response = admin_client.get(reverse(f"{report}_report"), query)
        text = b"".join(response.streaming_content).decode()
        return list(csv.DictReader(StringIO(text)))

    return get
