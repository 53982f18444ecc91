"""Those who can publish a policy can hide a version from the public history."""

import pytest
from django.urls import reverse
from wagtail.models import PageLogEntry

from community.models import PublishedVersion
from stockton_cms.operations.erasure.service import erase
from tests.community.policies.published_versions import (
    publish,
    published_policy,
)
from tests.factories import StandardPageFactory
from tests.stockton_cms.permissions.world import make_person

NEIL = "neil@example.org"


@pytest.fixture
def policy(section):
    policy = published_policy(section, title="Food plan", summary=f"Ask {NEIL}.")
    return publish(policy, "Took out a name", summary="Ask us.")


@pytest.fixture
def versions(policy):
    return PublishedVersion.objects.filter(page=policy).order_by("pk")


def change(client, name, version):
    address = reverse(f"{name}_policy_version", args=[version.page_id, version.pk])
    return client.post(address, follow=True)


def test_officer_hides_an_earlier_version_and_shows_it_again(
    policy, versions, admin_client, admin_user, client
):
    edit = admin_client.get(reverse("wagtailadmin_pages:edit", args=[policy.pk]))
    address = reverse("policy_versions", args=[policy.pk])
    assert address in edit.content.decode()
    html = admin_client.get(address).content.decode()
    assert "Took out a name" in html
    assert html.count(">Hide<") == 1
    compare = f"{policy.url}history/compare/"
    assert client.get(compare).status_code == 200
    html = change(admin_client, "hide", versions[0]).content.decode()
    assert "is now hidden from readers" in html
    assert "Hidden on" in html
    assert client.get(compare).status_code == 404
    assert versions[0].hidden_by == admin_user
    change(admin_client, "show", versions[0])
    assert client.get(compare).status_code == 200
    entries = PageLogEntry.objects.filter(action__startswith="community.version")
    assert {entry.user for entry in entries} == {admin_user}
    said = {entry.formatter.format_message(entry).split()[0] for entry in entries}
    assert said == {"Hid", "Showed"}


def test_neither_the_current_version_nor_one_of_another_page_is_hidden(
    section, versions, admin_client
):
    response = change(admin_client, "hide", versions[1])
    assert "This is the current version" in response.content.decode()
    other = published_policy(section)
    for page in (other, StandardPageFactory(parent=section)):
        address = reverse("hide_policy_version", args=[page.pk, versions[0].pk])
        assert admin_client.post(address).status_code == 404
    assert [each.hidden_at for each in versions] == [None, None]


def test_who_may_not_publish_the_policy_hides_nothing(versions, policy, client):
    client.force_login(make_person("editor"))
    edit = reverse("wagtailadmin_pages:edit", args=[policy.pk])
    assert client.get(edit).status_code == 200
    change(client, "hide", versions[0])
    assert versions[0].hidden_at is None
    address = reverse("policy_versions", args=[policy.pk])
    assert client.get(address).status_code != 200


def test_erased_address_leaves_earlier_versions(policy, versions, client):
    first, last = versions
    address = f"{policy.url}history/compare/?from={first.pk}&to={last.pk}"
    assert NEIL in client.get(address).content.decode()
    assert erase(NEIL).is_done
    first.refresh_from_db()
    assert NEIL not in str(first.content)
    # Also from the page that was stored for others.
    assert NEIL not in client.get(address).content.decode()
