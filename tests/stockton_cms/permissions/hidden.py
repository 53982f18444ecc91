"""Things with titles that give them away, where those who lack a role may not look."""

from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, PageViewRestriction

from search.models import PromotionSnippet, SearchCheckSnippet, SynonymSnippet
from tests.factories import (
    AlertFactory,
    CommunityIndexPageFactory,
    EnquiryFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)
from tests.stockton_cms.permissions.expectations import LETTERS, STAFF, WRITERS
from tests.stockton_cms.permissions.world import (
    ADMINISTRATOR,
    COLLEAGUES,
    _page_things,
    _workflow_things,
    file_things,
    make_person,
    make_world,
    snippet_things,
)

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
assert set(STAFF) == set(LETTERS)


def not_for(kind: str) -> set[str]:
    """Return the titles that someone of a kind may read nowhere."""
    if kind == ADMINISTRATOR:
        return set()
    return {
        title
        for title, letters in TITLES.items()
        if kind not in {LETTERS[letter] for letter in letters}
    }


class HiddenThings:
    """What has the titles, outside the section; `things` stand in addresses."""

    def __init__(self, home, section, person):
        lead = make_person("communications lead")
        world = make_world(home, section, person)
        self.own = world["own"]
        self.make_pages(home, section, lead)
        collection = Collection.get_first_root_node().add_child(name="zqxcollection")
        image = Image.objects.create(
            title="zqximage",
            file=get_test_image_file(),
            collection=collection,
            uploaded_by_user=lead,
        )
        document = Document.objects.create(
            title="zqxdocument",
            file=ContentFile(b"Text", "zqxdocument.csv"),
            collection=collection,
            uploaded_by_user=lead,
        )
        alert = AlertFactory(heading="zqxalert", live=False)
        alert.save_revision(user=lead)
        snippets = (
            alert,
            PromotionSnippet.objects.create(
                searched="bins", title="zqxpromotion", page=self.draft
            ),
            SearchCheckSnippet.objects.create(query="zqxcheck", page=section),
            SynonymSnippet.objects.create(searched="zqxsynonym", found_as="tip"),
        )
        redirect = Redirect.objects.create(
            old_path="/zqxredirect", redirect_page=self.draft
        )
        enquiry = EnquiryFactory(message="zqxenquiry")
        self.things = {
            **world[COLLEAGUES],
            **_workflow_things(self.waiting, lead),
            **_page_things(self.draft, home, self.area, lead),
            **file_things(image, document),
            **snippet_things(*snippets),
            "collection_id": collection.pk,
            "wagtailadmin_collections pk": collection.pk,
            "redirect_id": redirect.pk,
            "instance_pk": enquiry.pk,
        }

    def make_pages(self, home, section, lead):
        make = StandardPageFactory
        self.area = CommunityIndexPageFactory(parent=home, title="Elsewhere")
        self.draft = make(parent=home, title="zqxdraft", live=False, owner=lead)
        tomorrow = timezone.now() + timedelta(days=1)
        self.scheduled = make(
            parent=self.area, title="zqxscheduled", live=False, go_live_at=tomorrow
        )
        self.scheduled.save_revision(user=lead, approved_go_live_at=tomorrow)
        self.private = CommunityIndexPageFactory(parent=home, title="zqxprivate")
        PageViewRestriction.objects.create(
            page=self.private, restriction_type="password", password="x"
        )
        self.below = make(parent=self.private, title="zqxbelowprivate")
        self.renamed = make(parent=self.area, title="Public name")
        self.renamed.title = "zqxrenamed"
        self.renamed.save_revision(user=lead, log_action=True)
        self.locked = make(
            parent=home,
            title="zqxlocked",
            live=False,
            locked=True,
            locked_by=lead,
            locked_at=timezone.now(),
        )
        self.locked.save_revision(user=lead, log_action=True)
        self.waiting = PartnershipPageFactory(
            parent=self.area, title="zqxwaiting", live=False
        )
