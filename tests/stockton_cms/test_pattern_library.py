"""The style guide shows all there is, to those who work on the site."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

TEMPLATES = Path(__file__).resolve().parents[2] / "stockton_cms" / "templates"
# Parts of other blocks, and what the editor's previews are made of.
NOT_PICKED = {"body", "link", "phone_number", "social_link"}


@pytest.fixture
def guide(home, admin_client):
    response = admin_client.get(reverse("style_guide"))
    return BeautifulSoup(response.content, "html.parser")


NAMES = [
    f"{folder}/{path.stem}"
    for folder in ("components", "blocks")
    for path in sorted((TEMPLATES / folder).glob("*.html"))
    if path.stem not in NOT_PICKED and not path.stem.endswith("_preview")
]


@pytest.mark.parametrize("name", NAMES)
def test_each_component_and_block_is_shown_with_its_name(name, guide):
    section = guide.find(attrs={"data-name": name})
    assert section.h3.get_text() == f"{name}.html"
    shown = [part for part in section.find_all(recursive=False) if part.name != "h3"]
    assert shown


def test_visitors_and_accounts_without_admin_do_not_see_it(home, client, db):
    address = reverse("style_guide")
    assert client.get(address).status_code == 404
    user = get_user_model().objects.create_user("reader", password="x")
    client.force_login(user)
    assert client.get(address).status_code == 404
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    assert client.get(address).status_code == 200


def test_it_is_open_in_development(home, client, settings):
    settings.DEBUG = True
    assert client.get(reverse("style_guide")).status_code == 200
