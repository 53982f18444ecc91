"""What visitors make up takes them past the page cache only once in a while."""

import random

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from home.caching import names_session
from home.pages import BasePage
from stockton_cms.page_cache import middleware, policy
from tests.factories import StandardPageFactory

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def page(section):
    return StandardPageFactory(parent=section, slug="bins")


@pytest.fixture
def served(monkeypatch):
    made, serve = [], BasePage.serve

    def count(self, request, *args, **kwargs):
        made.append(request)
        return serve(self, request, *args, **kwargs)

    monkeypatch.setattr(BasePage, "serve", count)
    return made


def key(chance):
    return "".join(chance.choices(LETTERS, k=32))


def visits(chance):
    while True:
        session = {settings.SESSION_COOKIE_NAME: key(chance)}
        yield {"Authorization": f"Bearer {key(chance)}"}, {}
        yield {}, session
        yield {}, session | {settings.CSRF_COOKIE_NAME: key(chance)}
        yield {}, {"messages": key(chance), key(chance): key(chance)}
        yield {"Cache-Control": "no-cache", "Pragma": "no-cache"}, {}
        yield {"Range": "bytes=0-9", "If-Range": key(chance)}, {}
        yield {"Accept-Encoding": key(chance)}, {"closed_alerts": key(chance)}
        yield {"Host": chance.choice(["LocalHost", "localhost.", "localhost:81"])}, {}
        yield {"X-Script-Name": "/x", "X-Forwarded-Host": key(chance)}, {}


def flood(page, times):
    chance = random.Random(1)
    client = Client()
    for _, (headers, cookies) in zip(range(times), visits(chance), strict=False):
        client.cookies.clear()
        client.cookies.load(cookies)
        ask = chance.choice([client.get, client.get, client.head])
        address = f"{page.url}?{key(chance)}={key(chance)}"
        response = ask(address, headers={"Host": "localhost", **headers})
        assert response.status_code == 200


def test_requests_that_are_made_up_get_the_page_that_was_kept(page, served):
    flood(page, 900)
    assert len(served) <= 5


def test_without_a_look_for_the_session_each_would_be_made(page, served, monkeypatch):
    monkeypatch.setattr(policy, "has_session", names_session)
    monkeypatch.setattr(middleware, "has_user_session", names_session)
    flood(page, 90)
    assert len(served) >= 20


def test_session_of_no_user_gets_the_public_pages_as_all_do(page, served, client):
    session = SessionStore()
    session["passed"] = [1]
    session.create()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    for _ in range(3):
        response = client.get(page.url)
    assert len(served) == 1
    assert response["Cache-Status"] == "StocktonCMS; hit"
    for send in (client.post, client.put, client.patch, client.delete):
        response = send(page.url, {"message": "x"})
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert len(served) == 1


def test_path_that_a_server_has_moved_is_stored_for_no_one(page, client):
    response = client.get(page.url, SCRIPT_NAME=page.url.rstrip("/"))
    assert "detail=script-name" in response["Cache-Status"]
    assert page.title in client.get(page.url).content.decode()
