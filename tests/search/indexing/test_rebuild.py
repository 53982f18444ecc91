"""Documents made again are the ones that publishing wrote."""

import pytest
from wagtail.models import Page, PageViewRestriction

from community.models import Partner
from search.indexing.documents import SearchDocument
from search.indexing.receivers import rebuild
from tests.factories import (
    CommunityIndexPageFactory,
    PartnershipPageFactory,
    PolicyUpdatePageFactory,
    StandardPageFactory,
)

BODY = [
    {"type": "heading", "value": {"text": "What to bring", "level": "h2"}},
    {"type": "text", "value": "<p>A bag.</p>"},
]


@pytest.fixture
def pages(section):
    """Make a page of each kind and in each state, as editors do."""
    partnership = PartnershipPageFactory.build(title="Food power", slug="food-power")
    partnership.partners = [Partner(name="Thornaby Harvesters")]
    section.add_child(instance=partnership)
    PolicyUpdatePageFactory(parent=section, title="Bins plan", body=BODY)
    StandardPageFactory(parent=section, title="Draft", live=False)
    private = CommunityIndexPageFactory(
        parent=section, title="Members", introduction="<h2>Hello</h2><p>You.</p>"
    )
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    StandardPageFactory(parent=private, title="For members")
    taken_down = StandardPageFactory(parent=section, title="Taken down")
    taken_down.unpublish()
    return section


def public_documents():
    """Return what the public documents hold, but for the version."""
    rows = SearchDocument.objects.filter(is_public=True).values()
    return {
        row.pop("page_id"): {name: row[name] for name in row if name != "version"}
        for row in rows
    }


def test_rebuilding_from_nothing_gives_what_publishing_wrote(pages, search_for):
    assert search_for("harvesters").count == 1
    written = public_documents()
    assert len(written) == 4
    SearchDocument.objects.all().delete()
    for _ in range(2):
        assert rebuild()[0] == Page.objects.live().filter(depth__gt=1).count()
        assert public_documents() == written
        assert search_for("harvesters").count == 1


def test_rebuilding_fixes_what_was_changed_behind_the_applications_back(
    pages, search_for
):
    policy = Page.objects.get(title="Bins plan")
    # As an import by SQL does: no signal, no version.
    Page.objects.filter(pk=policy.pk).update(title="Orchards plan")
    SearchDocument.objects.filter(title="Food power").delete()
    assert search_for("orchards").count == 0
    SearchDocument.objects.create(
        pk=999_999, title="Orchards of long ago", is_public=True, version=0
    )
    rebuild()
    assert search_for("orchards").titles == ["Orchards plan"]
    assert search_for("food power").titles == ["Food power"]
    assert SearchDocument.objects.get(pk=999_999).title == ""
    Page.objects.filter(pk=policy.pk).update(live=False)
    rebuild()
    assert search_for("orchards").count == 0
