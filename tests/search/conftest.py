"""Fixtures of the tests of search."""

import re
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse


@dataclass(frozen=True)
class Answer:
    """What the page of results says."""

    titles: list[str]
    count: int
    html: BeautifulSoup

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
