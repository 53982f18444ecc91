import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from wagtail.models import PageViewRestriction

from community.models import AlertScope
from tests.factories import AlertFactory, StandardPageFactory

PASSWORD = "a word for friends"


@pytest.fixture
def page(section):
    page = StandardPageFactory(parent=section, title="Hidden plans", summary="Secret.")
    page.restriction = PageViewRestriction.objects.create(
        page=page, restriction_type="password", password=PASSWORD
    )
    return page


@pytest.fixture
def send(page, client):
    def post(password):
        names = [page.restriction.pk, page.pk]
        address = reverse("wagtailcore_authenticate_with_password", args=names)
        return client.post(address, {"password": password, "return_url": page.url})

    return post


def test_page_and_its_alerts_stay_unsaid(page, client):
    alert = AlertFactory(heading="Hidden flood", scope="pages")
    AlertScope.objects.create(alert=alert, page=page)
    response = client.get(page.url)
    html = BeautifulSoup(response.content, "html.parser")
    assert html.h1.get_text() == "Password required"
    assert "Hidden" not in html.get_text()
    assert "Secret" not in response.content.decode()
    assert not html.select("[aria-current], link[rel=canonical]")
    assert not response.cookies


def test_right_password_opens_it(page, send, read):
    assert send(PASSWORD).url == page.url
    assert read(page.url).h1.get_text() == "Hidden plans"


def test_wrong_password_is_said_at_the_field(page, send):
    response = send("something else")
    html = BeautifulSoup(response.content, "html.parser")
    assert html.title.get_text().startswith("Error: ")
    field = html.find(id="id_password")
    error = html.find(id=field["aria-describedby"])
    assert "not correct" in error.get_text()
    assert html.select_one(".error-summary a")["href"] == "#id_password"


def test_alert_cannot_be_closed_where_that_would_lose_what_was_typed(page, send):
    AlertFactory(heading="Floods")
    html = BeautifulSoup(send("something else").content, "html.parser")
    assert "Floods" in html.select_one(".alerts").get_text()
    assert not html.select(".alerts form")
