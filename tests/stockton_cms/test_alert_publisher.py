"""An alert publisher puts alerts live and takes them down (A7).

The matrix in `permissions/` has that they do nothing else.
"""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone
from wagtail.test.utils.form_data import querydict_from_html

from community.models import AlertSnippet
from stockton_cms.accounts.role_groups import role_groups

PASSWORD = "correct horse battery staple"


def address_of(name, *arguments):
    return reverse(AlertSnippet.snippet_viewset.get_url_name(name), args=arguments)


@pytest.fixture
def publisher(client, section, django_user_model):
    user = django_user_model.objects.create_user("ann", password=PASSWORD)
    user.groups.add(role_groups()["alert publisher"])
    response = client.post(
        reverse("account_login"), {"login": "ann", "password": PASSWORD}
    )
    assert response.status_code == 302
    assert client.get(reverse("wagtailadmin_home")).status_code == 200
    return client


def send_alert(client, address, **fields):
    html = client.get(address).content.decode()
    form = querydict_from_html(html, form_id="w-editor-form").dict()
    return client.post(address, {**form, **fields}, follow=True)


def test_writes_publishes_extends_and_ends_an_alert(publisher, read):
    confirmation = send_alert(
        publisher,
        address_of("add"),
        heading="Floods in Yarm",
        ends_at=f"{timezone.localdate() + timedelta(days=2):%Y-%m-%d} 09:00",
        **{"action-publish": "action-publish"},
    )
    html = BeautifulSoup(confirmation.content, "html.parser")
    draft = html.select_one("input[name=draft]")["value"]
    publisher.post(confirmation.request["PATH_INFO"], {"draft": draft})
    assert "Floods in Yarm" in publisher.get(address_of("list")).content.decode()
    assert "Floods in Yarm" in read("/").select_one(".alerts").get_text()

    alert = AlertSnippet.objects.get()
    send_alert(publisher, address_of("edit", alert.pk), heading="A draft")
    assert "A draft" not in read("/").select_one(".alerts").get_text()

    address = address_of("extend", alert.pk, "two-hours")
    publisher.post(address, {"ends_at": alert.ends_at.isoformat()})
    new_end = AlertSnippet.objects.get().ends_at
    assert new_end == alert.ends_at + timedelta(hours=2)

    publisher.post(address_of("end", alert.pk))
    assert not read("/").select(".alerts")
