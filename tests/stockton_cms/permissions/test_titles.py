"""No answer of the admin has the title of something that its reader may not see.

Every address of the admin, asked by every role about things of which it may not know
and about its own, with their numbers in the query and in the form as well.
"""

import pytest

from home.page_tree import explorable
from tests.stockton_cms.permissions.addresses import addresses, patterns
from tests.stockton_cms.permissions.asking import Asking
from tests.stockton_cms.permissions.hidden import HiddenThings, not_for
from tests.stockton_cms.permissions.matrix import SKIPPED
from tests.stockton_cms.permissions.world import PEOPLE, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admin_search", "quiet")]
READERS = PEOPLE[1:]
# Which requests a fast run makes: every so-manieth, others for each person.
PART = 24


def requests_about(things, page):
    names = ("chooser", "new_parent_page", "destination_page_id", "page", "link_page")
    form = {**things["form"], **dict.fromkeys(names, page.pk)}
    for pattern in patterns():
        if pattern.name in SKIPPED:
            continue
        for address in addresses(pattern, things, "hidden"):
            path, _, query = address.path.partition("?")
            searched = f"q=zqx&childOf={page.get_parent().pk}"
            for more in ("", f"id={page.pk}", "id=all", searched):
                yield "GET", address.name, f"{path}?{query}&{more}", {}
            yield "POST", address.name, address.path, form
            yield "POST", address.name, f"{path}?id=all", form


def leaks(kind, home, section, every=1, first=0, only=""):
    person = make_person(kind)
    hidden = HiddenThings(home, section, person)
    asking, forbidden, found = Asking(person), not_for(kind), []
    asked = [
        request
        for things in (hidden.things, hidden.own)
        for request in requests_about(things, hidden.draft)
        if only in request[1]
    ][first::every]
    for method, name, path, form in asked:
        answer = asking.ask(method, path, form)
        told = sorted(title for title in forbidden if title in answer.text)
        if told:
            found.append(f"{kind}: {method} {name} {path}: {told}")
    return len(asked), found


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), PART])
def test_no_title_is_told_to_those_who_may_not_read_it(home, section, kind, every):
    count, found = leaks(kind, home, section, every, READERS.index(kind) % every)
    assert not found, "\n".join(found)
    assert count > 2_000 // every


NAMES = ["bulk page delete", "choose_page_child", "page_types_usage"]


@pytest.mark.parametrize("name", NAMES)
def test_without_the_rule_titles_would_be_public(home, section, name, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(
            explorable, "explorable", lambda model: model._default_manager.all()
        )
        found = leaks("author", home, section, only=name)[1]
    assert any("zqx" in each for each in found)
