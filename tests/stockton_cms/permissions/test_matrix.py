"""No one gets in by a side door: everyone x every admin URL x GET and POST.

The full matrix takes minutes and is run by `make test-slow`; each run of the tests asks
for a part of it. `expectations.py` says who is let in where.
"""

import pytest
from django.contrib.auth.models import Permission
from django.template.backends.django import Template
from django.urls import path

from stockton_cms import urls
from stockton_cms.accounts.roles import role_groups
from tests.stockton_cms.permissions import matrix
from tests.stockton_cms.permissions.addresses import patterns
from tests.stockton_cms.permissions.expectations import rule_for
from tests.stockton_cms.permissions.world import PEOPLE, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admin_search", "quiet")]
# Which cells a fast run asks for: every so-manieth, others for each person.
PART = 12


@pytest.fixture(autouse=True)
def _decisions_only(monkeypatch):
    """Leave out what takes most of the time and decides nothing: filling templates."""
    render = Template.render

    def render_messages_only(self, *args, **kwargs):
        is_message = "messages" in str(self.template.name)
        return render(self, *args, **kwargs) if is_message else ""

    monkeypatch.setattr(Template, "render", render_messages_only)


def test_every_url_is_classified():
    assert not matrix.unclassified()


def test_a_url_that_nobody_has_classified_is_noticed(monkeypatch):
    new = path("admin/new-report/", lambda request: None, name="new_report")
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, new])
    monkeypatch.setattr(matrix, "patterns", lambda: patterns(urls.urlpatterns))
    assert matrix.unclassified() == ["new_report"]


@pytest.mark.parametrize("kind", PEOPLE)
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), PART])
def test_everybody_is_let_in_where_the_table_says(home, section, kind, every):
    person, first = make_person(kind), PEOPLE.index(kind) % every
    count, problems = matrix.run(kind, person, home, section, every, first)
    assert not problems, "\n".join(problems)
    # Nine people make more than the 2,500 cells of production.md.
    assert count > 500 // every


def test_a_permission_too_many_is_noticed(home, section, monkeypatch):
    permission = Permission.objects.get(codename="view_enquiry")
    role_groups()["author"].permissions.add(permission)
    assert problems_at("search_enquiry_modeladmin_index", home, section, monkeypatch)


def problems_at(name, home, section, monkeypatch):
    only = [each for each in patterns() if each.name == name]
    monkeypatch.setattr(matrix, "patterns", lambda: iter(only))
    assert rule_for(name)
    return matrix.run("author", make_person("author"), home, section)[1]
