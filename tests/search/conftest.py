"""Fixtures of the tests of search."""

import re
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse

from search.indexing import receivers
from search.models import PromotionSnippet
from tests.factories import StandardPageFactory
from tests.search.indexing.files.offering import PlainReader, replace_file, save_file


@pytest.fixture(autouse=True)
def no_first_promotions(request):
    """Delete the promotions of a new site, which would come first in every test."""
    for name in {"transactional_db", "db"}.intersection(request.fixturenames):
        request.getfixturevalue(name)
        PromotionSnippet.objects.all().delete()


@dataclass(frozen=True)
class Answer:
    """What the page of results says."""

    titles: list[str]
    count: int
    html: BeautifulSoup

    @property
    def corrected(self) -> str:
        """The words after "Showing results for"; empty where it is not said."""
        said = re.compile("Showing results for")
        found = [text.parent for text in self.html.main.find_all(string=said)]
        return found[0].strong.get_text() if found else ""

    @property
    def extracts(self) -> list[str]:
        return [str(item.find_all("p")[-1]) for item in self.html.select(".result")]


@pytest.fixture
def search_for(client):
    """Return a function that searches as a visitor does and reads the results."""

    def search(query, **parameters):
        response = client.get(reverse("search"), {"query": query, **parameters})
        assert response.status_code == 200, query
        html = BeautifulSoup(response.content, "html.parser")
        said = re.search(r"(\d+) results? for", html.main.get_text())
        return Answer(
            titles=[link.get_text() for link in html.select(".result h2 a")],
            count=int(said[1]) if said else 0,
            html=html,
        )

    return search


@pytest.fixture
def publish(home):
    """Return a function that publishes a page for each title, with no other word."""

    def make(*titles):
        return [
            StandardPageFactory(parent=home, title=title, summary="")
            for title in titles
        ]

    return make


@pytest.fixture
def reader(monkeypatch):
    """Put a quick stand-in, whose files are plain text, in the place of the reader."""
    stand_in = PlainReader()
    monkeypatch.setattr(receivers, "read_file", stand_in)
    return stand_in


@pytest.fixture
def upload(django_capture_on_commit_callbacks):
    """Return a function that stores a file as uploading does, to the commit."""

    def store(*args, **values):
        with django_capture_on_commit_callbacks(execute=True):
            return save_file(*args, **values)

    return store


@pytest.fixture
def replace(django_capture_on_commit_callbacks):
    """Return a function that puts another file in the place of one, to the commit."""

    def store(*args, **values):
        with django_capture_on_commit_callbacks(execute=True):
            replace_file(*args, **values)

    return store


@pytest.fixture
def colleague(django_user_model):
    """Return a function that makes a user with permissions."""

    def make(name, *codenames, **values):
        user = django_user_model.objects.create_user(
            name, email=f"{name}@example.gov.uk", **values
        )
        labels = ["access_admin", *codenames]
        user.user_permissions.set(Permission.objects.filter(codename__in=labels))
        return user

    return make


@pytest.fixture
def enter_admin(client, colleague):
    """Return a function that signs in a user with permissions."""

    def enter(*codenames, name="officer", **values):
        user = colleague(name, *codenames, **values)
        client.force_login(user)
        return user

    return enter
