import pytest
from django.urls import reverse
from wagtail.models import Page

from home.page_tree import explorable
from tests.factories import StandardPageFactory

SORTED = "?ordering=ord"


@pytest.fixture
def large(section, monkeypatch):
    monkeypatch.setattr(explorable, "MAX_CHILDREN", 2)
    for _ in range(3):
        StandardPageFactory(parent=section)
    return section


@pytest.mark.parametrize("name", sorted(explorable.LISTS))
def test_large_section_cannot_be_sorted_by_hand(name, large, admin_client):
    address = reverse(name, args=[large.pk])
    response = admin_client.get(f"{address}{SORTED}&p=1", follow=True)
    assert response.redirect_chain == [(f"{address}?p=1", 302)]


def test_officer_is_told_why(large, admin_client):
    address = reverse("wagtailadmin_explore", args=[large.pk])
    text = admin_client.get(f"{address}{SORTED}", follow=True).content.decode()
    assert "has 3 pages directly under it. This is too many to sort manually." in text


def test_large_section_can_be_listed_otherwise(large, admin_client):
    address = reverse("wagtailadmin_explore", args=[large.pk])
    assert admin_client.get(f"{address}?ordering=title").status_code == 200


@pytest.mark.parametrize(("limit", "is_warned"), [(3, True), (4, False)])
def test_page_too_many_is_warned_about(limit, is_warned, large, send_form, monkeypatch):
    monkeypatch.setattr(explorable, "MAX_CHILDREN", limit)
    address = reverse("wagtailadmin_pages:add", args=["home", "standardpage", large.pk])
    response = send_form(address, button=None, title="Fourth", slug="fourth")
    assert response.status_code == 302
    assert Page.objects.filter(slug="fourth").exists()
    messages = [str(message) for message in response.wsgi_request._messages]
    text = "has 4 pages directly under it. Split this section into sub-sections"
    assert any(text in message for message in messages) is is_warned
