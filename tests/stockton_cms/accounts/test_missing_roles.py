"""An account without a role: who makes it is warned, who has it is told."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from stockton_cms.accounts.roles import role_groups
from tests.stockton_cms.accounts.conftest import try_to_sign_in

pytestmark = pytest.mark.django_db
WARNING = "eve cannot use the admin yet, as the account has no role."


@pytest.fixture
def save(admin_client, django_user_model, committed_at_once):
    def send(address=None, **more):
        form = {
            "username": "eve",
            "email": "eve@example.gov.uk",
            "first_name": "Eve",
            "last_name": "Other",
            "is_active": "on",
            **more,
        }
        response = admin_client.post(address or reverse("wagtailusers_users:add"), form)
        assert response.status_code == 302
        return admin_client.get(response["Location"]).content.decode()

    return send


@pytest.fixture
def group_of_nothing(db):
    return Group.objects.create(name="Residents").pk


def test_administrator_is_warned_of_an_account_without_a_role(
    save, group_of_nothing, django_user_model
):
    editor = [role_groups()["editor"].pk]
    assert WARNING in save()
    eve = django_user_model.objects.get(username="eve")
    address = reverse("wagtailusers_users:edit", args=[eve.pk])
    assert WARNING in save(address, groups=[group_of_nothing])
    assert WARNING not in save(address, is_active="")
    assert WARNING not in save(address, groups=editor)
    assert "no role" not in save(username="eve2", groups=editor)
    assert "no role" not in save(username="eve3", is_superuser="on")


@pytest.mark.parametrize("is_required", [True, False])
def test_person_is_told_at_the_end_of_sign_in(
    officer, client, settings, is_required, group_of_nothing
):
    settings.SECOND_STEP_REQUIRED = is_required
    officer.groups.set([group_of_nothing])
    address = try_to_sign_in(client)["Location"]
    for path in (address, "/admin/pages/"):
        page = client.get(path, follow=True)
        assert (page.status_code, page.redirect_chain) == (403, [])
        text = page.content.decode()
        assert "your account has no role" in text
        assert "Sign out" in text
        assert "Go to the admin" not in text
