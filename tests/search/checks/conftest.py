"""Fixtures of the tests of search checks."""

import pytest

from search.models import SearchCheckSnippet
from tests.factories import StandardPageFactory


@pytest.fixture
def page(home):
    """Return a page that a search for a food bank finds."""
    return StandardPageFactory(parent=home, title="Food bank", summary="")


@pytest.fixture
def make_check(page):
    """Return a function that makes a check which nothing has run yet."""

    def make(query="food bank", **values):
        values = {"page": page, "within": 1, **values}
        return SearchCheckSnippet.objects.create(query=query, **values)

    return make


@pytest.fixture
def owner(django_user_model):
    """Return a user who can own checks."""
    return django_user_model.objects.create_user("ann", email="ann@example.gov.uk")
