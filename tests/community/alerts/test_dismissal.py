"""Visitors dismiss an alert, and see it again only when it matters (A5)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from community.alerts.visibility import COOKIE_NAME, MAX_REMEMBERED
from community.models.alerts import Severity
from tests.factories import AlertFactory, StandardPageFactory

FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "\x00//evil.example/",
    "\t//evil.example/",
    "javascript:alert(1)",
]
NO_PATH = ["", "evil", "search", "community.views.dismiss_alert", "evil.example"]


def close(client, alert, next_path="/"):
    address = reverse("dismiss_alert", args=[alert.pk])
    return client.post(address, {"next": next_path})


def is_shown(client, address="/"):
    return "Floods" in client.get(address).content.decode()


def publish(alert, **values):
    for name, value in values.items():
        setattr(alert, name, value)
    alert.save_revision().publish()
    alert.refresh_from_db()


def test_form_on_the_page_dismisses_the_alert_everywhere(alert, section, client, read):
    page = StandardPageFactory(parent=section)
    form = read(section.url).select_one(".alert form")
    assert form.button.get_text() == "Hide this message: Floods in Yarm"
    sent = {field["name"]: field["value"] for field in form.select("input")}
    response = client.post(form["action"], sent)
    assert response.status_code == 302
    assert response["Location"] == section.url
    for address in ("/", section.url, page.url, "/search/?query=x", "/nowhere/"):
        assert not is_shown(client, address)


def test_one_cookie_is_set_for_the_whole_site_and_all_alerts(alert, client):
    other = AlertFactory(heading="Storm")
    response = close(client, alert, "/deep/down/")
    assert set(response.cookies) == {COOKIE_NAME}
    cookie = response.cookies[COOKIE_NAME]
    assert cookie["path"] == "/"
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] > 0
    assert cookie.value == f"{alert.pk}.1"
    assert "no-store" in response["Cache-Control"]
    assert "Storm" in client.get("/").content.decode()
    close(client, other)
    html = client.get("/").content.decode()
    assert "Floods" not in html
    assert "Storm" not in html


def test_cookie_does_not_grow_without_end(home, client):
    alerts = AlertFactory.create_batch(MAX_REMEMBERED + 5)
    for alert in alerts:
        response = close(client, alert)
    keys = response.cookies[COOKIE_NAME].value.split("-")
    assert keys == [f"{alert.pk}.1" for alert in alerts[-MAX_REMEMBERED:]]


@pytest.mark.parametrize(
    "values", [{"severity": Severity.EMERGENCY}, {"is_dismissible": False}]
)
def test_alert_that_may_not_be_dismissed_stays_even_with_a_forged_cookie(
    values, alert, client, read
):
    publish(alert, **values)
    assert not read("/").select(".alert form")
    response = close(client, alert)
    assert response["Location"] == "/"
    assert COOKIE_NAME not in response.cookies
    client.cookies[COOKIE_NAME] = f"{alert.pk}.{alert.dismissal_version}"
    assert is_shown(client)


def test_dismissed_alert_comes_back_when_it_gets_worse_and_not_after_a_typo(
    alert, client
):
    publish(alert, severity=Severity.INFORMATION)
    for value in ("", "--", "x", "1.", "é", "1.1.1"):
        client.cookies[COOKIE_NAME] = value
        assert is_shown(client)
    close(client, alert)
    publish(alert, text="<p>What to do now.</p>")
    assert not is_shown(client)
    publish(alert, severity=Severity.DISRUPTION)
    assert is_shown(client)
    close(client, alert)
    assert not is_shown(client)


def test_dismissed_alert_comes_back_when_it_is_shown_again(alert, client):
    first = alert.latest_revision
    close(client, alert)
    alert.show_again = True
    draft = alert.save_revision()
    assert not is_shown(client)
    draft.publish()
    assert is_shown(client)
    close(client, alert)
    # An older revision does not bring back an older version.
    first.publish()
    alert.refresh_from_db()
    assert (alert.show_again, alert.dismissal_version) == (False, 2)
    assert not is_shown(client)


def test_dismissing_never_leads_to_another_website(alert, client):
    for next_path in (*FOREIGN, *NO_PATH):
        response = close(client, alert, next_path)
        assert (response.status_code, response["Location"]) == (302, "/")


def test_alert_that_is_not_shown_cannot_be_dismissed(home, client):
    now = timezone.now()
    ended = AlertFactory(starts_at=now - timedelta(2), ends_at=now - timedelta(1))
    to_come = AlertFactory(starts_at=now + timedelta(1), ends_at=now + timedelta(2))
    draft = AlertFactory(live=False)
    for alert in (ended, to_come, draft):
        assert close(client, alert).status_code == 404
    assert client.post("/alerts/999999/close/").status_code == 404
    assert client.get(reverse("dismiss_alert", args=[draft.pk])).status_code == 405
