"""No answer of the admin has the title of something that its reader may not see.

Every address of the admin, asked by every role about things of which it may not know
and about its own, with their numbers in the query and in the form as well.
"""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, PageViewRestriction

from home.page_tree import explorable
from search.models import PromotionSnippet, SearchCheckSnippet, SynonymSnippet
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    EnquiryFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)
from tests.stockton_cms.permissions.addresses import SKIPPED, addresses, patterns
from tests.stockton_cms.permissions.asking import Asking
from tests.stockton_cms.permissions.expectations import LETTERS, WRITERS
from tests.stockton_cms.permissions.world import (
    ADMINISTRATOR,
    COLLEAGUES,
    OWN,
    PEOPLE,
    file_things,
    make_person,
    make_world,
    page_things,
    snippet_things,
    workflow_things,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admin_search", "quiet")]
READERS = PEOPLE[1:]
# Which requests a fast run makes: every so-manieth, others for each person.
PART = 24

# Each title, and the roles that may read it.
TITLES = {
    "zqxdraft": "L",
    "zqxscheduled": "L",
    "zqxprivate": "L",
    "zqxbelowprivate": "L",
    "zqxrenamed": "L",
    "zqxlocked": "L",
    # Its workflow asks the moderators of the section to decide.
    "zqxwaiting": "ML",
    "zqxalert": "LP",
    "zqxpromotion": "L",
    "zqxsynonym": "L",
    "zqxcheck": "EML",
    "zqximage": WRITERS,
    "zqxdocument": WRITERS,
    "zqxcollection": WRITERS,
    "zqxredirect": "L",
    "zqxenquiry": "LH",
}


def not_for(kind: str) -> set[str]:
    """Return the titles that someone of a kind may read nowhere."""
    if kind == ADMINISTRATOR:
        return set()
    return {
        title
        for title, letters in TITLES.items()
        if kind not in {LETTERS[letter] for letter in letters}
    }


def make_hidden(home, section, person):
    """Make what has the titles, outside the section.

    Return a draft, and what stands in addresses: of the hidden things, and one's own.
    """
    lead = make_person("communications lead")
    world = make_world(home, section, person)
    area = CommunityIndexPageFactory(parent=home, title="Elsewhere")
    make, off = StandardPageFactory, {"live": False}
    draft = make(parent=home, title="zqxdraft", owner=lead, **off)
    at = timezone.now() + timedelta(days=1)
    scheduled = make(parent=area, title="zqxscheduled", go_live_at=at, **off)
    scheduled.save_revision(user=lead, approved_go_live_at=at)
    private = CommunityIndexPageFactory(parent=home, title="zqxprivate")
    PageViewRestriction.objects.create(
        page=private, restriction_type="password", password="x"
    )
    make(parent=private, title="zqxbelowprivate")
    renamed = make(parent=area, title="Public name")
    renamed.title = "zqxrenamed"
    renamed.save_revision(user=lead, log_action=True)
    by_lead = {"locked": True, "locked_by": lead, "locked_at": timezone.now()}
    locked = make(parent=home, title="zqxlocked", **by_lead, **off)
    locked.save_revision(user=lead, log_action=True)
    waiting = PartnershipPageFactory(parent=area, title="zqxwaiting", **off)
    collection = Collection.get_first_root_node().add_child(name="zqxcollection")
    of_lead = {"collection": collection, "uploaded_by_user": lead}
    image = Image.objects.create(
        title="zqximage", file=get_test_image_file(), **of_lead
    )
    file = ContentFile(b"Text", "zqxdocument.csv")
    document = Document.objects.create(title="zqxdocument", file=file, **of_lead)
    alert = AlertFactory(heading="zqxalert", live=False)
    alert.save_revision(user=lead)
    snippets = (
        alert,
        PromotionSnippet.objects.create(
            searched="bins", title="zqxpromotion", page=draft
        ),
        SearchCheckSnippet.objects.create(query="zqxcheck", page=section),
        SynonymSnippet.objects.create(searched="zqxsynonym", found_as="tip"),
    )
    redirect = Redirect.objects.create(old_path="/zqxredirect", redirect_page=draft)
    things = {
        **world[COLLEAGUES],
        **workflow_things(waiting, lead),
        **page_things(draft, home, area, lead),
        **file_things(image, document),
        **snippet_things(*snippets),
        "collection_id": collection.pk,
        "wagtailadmin_collections pk": collection.pk,
        "redirect_id": redirect.pk,
        "instance_pk": EnquiryFactory(message="zqxenquiry").pk,
    }
    return draft, things, world[OWN]


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
    draft, *both = make_hidden(home, section, person)
    asking, forbidden, found = Asking(person), not_for(kind), []
    asked = [
        request
        for things in both
        for request in requests_about(things, draft)
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
