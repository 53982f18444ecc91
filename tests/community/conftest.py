"""Fixtures for alerts in the admin."""

import pytest
from bs4 import BeautifulSoup


@pytest.fixture
def publish_alert(admin_client, send_form):
    """Return a function that sends an alert's form, confirms it and publishes it."""

    def publish(address, **fields):
        confirmation = send_form(address, **fields)["Location"]
        html = BeautifulSoup(admin_client.get(confirmation).content, "html.parser")
        draft = html.select_one("input[name=draft]")["value"]
        return admin_client.post(confirmation, {"draft": draft}, follow=True)

    return publish
