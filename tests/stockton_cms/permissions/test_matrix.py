"""No one gets in by a side door: everyone x every admin URL x GET and POST.

The full matrix takes minutes and is run by `make test-slow`; each run of the tests asks
for a part of it. `expectations.py` says who is let in where.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from django.contrib.auth.models import Permission
from django.template.backends.django import Template
from django.urls import path

from stockton_cms import urls
from stockton_cms.accounts.roles import role_groups
from tests.stockton_cms.permissions.addresses import (
    SKIPPED,
    Address,
    addresses,
    patterns,
)
from tests.stockton_cms.permissions.asking import (
    BROKEN,
    LET_IN,
    NOT_THERE,
    WRONG_METHOD,
    Answer,
    Asking,
)
from tests.stockton_cms.permissions.expectations import ANYBODY, Rule, rule_for
from tests.stockton_cms.permissions.world import PEOPLE, make_person, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admin_search", "quiet")]
# Which cells a fast run asks for: every so-manieth.
PART = 12
METHODS = ("GET", "POST")
SESSION = {"django_session"}
# What opening a page may note: who is editing, sizes of pictures, what was missing.
WRITTEN_BY_GET = SESSION | {
    "wagtailadmin_editingsession",
    "wagtailcore_pagesubscription",
    "wagtailusers_userprofile",
    "wagtailimages_rendition",
    "wagtailimages_image",
    "wagtaildocs_document",
    "wagtailsearch_indexentry",
}


class Cell(NamedTuple):
    address: Address
    method: str
    rule: Rule


def unclassified(urlpatterns=None) -> list[str]:
    # Bulk actions are classified one by one, in `cells`.
    known = SKIPPED | {"wagtail_bulk_action"}
    names = (each.name for each in patterns(urlpatterns))
    return [name for name in names if name not in known and not rule_for(name)]


def cells(world: dict, only: str) -> Iterator[Cell]:
    """Yield every cell of someone's row, each address once."""
    for pattern in patterns():
        if pattern.name in SKIPPED or only not in pattern.name:
            continue
        seen = set()
        for things_about, things in world.items():
            for address in addresses(pattern, things, things_about):
                rule = rule_for(address.name)
                assert rule, f"No one has said who may use '{address.name}'."
                if things_about in rule.about() and address.path not in seen:
                    seen.add(address.path)
                    # Scripts and pictures are only asked for.
                    methods = METHODS[:1] if rule.people == ANYBODY else METHODS
                    for method in methods:
                        yield Cell(address, method, rule)


def unexpected(kind: str, cell: Cell, answer: Answer) -> str:
    """Say what is wrong with an answer; nothing where it is as expected."""
    rule, about = cell.rule, cell.address.about
    what = f"{kind}: {cell.method} {cell.address.name} ({about} object)"
    said = f"{answer.outcome}, status {answer.status}, wrote {sorted(answer.writes)}"
    is_read, outcome = cell.method == "GET", answer.outcome
    writes = answer.writes - SESSION
    if is_read and writes - WRITTEN_BY_GET and not rule.acts:
        return f"{what} only reads, but: {said}."
    if rule.acts:
        outcome = LET_IN if writes else "refused"
    if not rule.lets_in(kind, about):
        is_wrong = writes or outcome in {LET_IN, BROKEN}
        return f"{what} should be refused, but: {said}." if is_wrong else ""
    is_right = (
        outcome in {LET_IN, WRONG_METHOD}
        or (rule.acts and is_read)
        or (outcome == NOT_THERE and rule.may_be_missing)
        # Past every permission: what the form lacks is not the matrix's business.
        or (outcome == BROKEN and not is_read)
    )
    return "" if is_right else f"{what} should be let in, but: {said}."


def run(kind: str, home, section, every: int = 1, only: str = ""):
    """Return how many cells were asked, and what was unexpected.

    With `every`, only each so-manieth cell, others for each person.
    """
    person, first = make_person(kind), PEOPLE.index(kind) % every
    world = make_world(home, section, person)
    asking = Asking(person)
    chosen = list(cells(world, only))[first::every]
    problems = []
    for cell in chosen:
        form = world[cell.address.about]["form"]
        answer = asking.ask(cell.method, cell.address.path, form)
        problems.append(unexpected(kind, cell, answer))
    return len(chosen), [problem for problem in problems if problem]


@pytest.fixture(autouse=True)
def _decisions_only(monkeypatch):
    """Leave out what takes most of the time and decides nothing: filling templates."""
    render = Template.render

    def render_messages_only(self, *args, **kwargs):
        is_message = "messages" in str(self.template.name)
        return render(self, *args, **kwargs) if is_message else ""

    monkeypatch.setattr(Template, "render", render_messages_only)


def test_every_url_is_classified():
    assert not unclassified()
    # The control.
    new = path("admin/new-report/", lambda request: None, name="new_report")
    assert unclassified([*urls.urlpatterns, new]) == ["new_report"]


@pytest.mark.parametrize("kind", PEOPLE)
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), PART])
def test_everybody_is_let_in_where_the_table_says(home, section, kind, every):
    count, problems = run(kind, home, section, every)
    assert not problems, "\n".join(problems)
    # Nine people make more than the 2,500 cells of production.md.
    assert count > 500 // every


def test_a_permission_too_many_is_noticed(home, section):
    permission = Permission.objects.get(codename="view_enquiry")
    role_groups()["author"].permissions.add(permission)
    assert run("author", home, section, only="search_enquiry_modeladmin_index")[1]
