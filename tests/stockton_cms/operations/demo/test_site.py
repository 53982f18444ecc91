"""The example site: what it holds, that it is built once, and who may do what."""

import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as django_settings
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from wagtail.fields import StreamField
from wagtail.images.models import Image
from wagtail.models import GroupApprovalTask, Page, Revision, Site

from community.models import AlertSnippet
from home.blocks import BodyBlock
from home.content_version import get_content_version
from home.models import ChangeNote, HomePage
from search.models import SearchDocument
from stockton_cms.accounts.roles import ROLES
from stockton_cms.operations.demo import build

NINE_ENTRIES = [
    "Stockton Local Strategic Partnership",
    "Catalyst Stockton",
    "A Brighter Borough for All",
    "A Fairer Stockton-on-Tees",
    "Food banks and community pantries",
    "Fairtrade Borough",
    "Armed Forces Community Covenant",
    "Refugees and asylum seekers",
    "Volunteering and having your say",
]


@dataclass(frozen=True)
class Built:
    """What the command said, and where it put the files."""

    output: str
    media: Path

    @property
    def passwords(self) -> dict[str, str]:
        """The passwords in the printed table, by user name."""
        rows = re.findall(r"^  .+?  +(\S+)  +(\S+)$", self.output, re.MULTILINE)
        return dict(rows)


@pytest.fixture(scope="module")
def built_once(django_db_setup, django_db_blocker, tmp_path_factory):
    """Build the site for the tests of this module, and take it away afterwards."""
    media = tmp_path_factory.mktemp("media")
    output = StringIO()
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media):
        with transaction.atomic():
            HomePage.objects.get().delete()
            call_command("load_demo_site", stdout=output)
            yield Built(output.getvalue(), media)
            transaction.set_rollback(True)
        Site.clear_site_root_paths_cache()


@pytest.fixture
def built(built_once, db, settings):
    """Return the built site; what a test changes is undone after it."""
    settings.MEDIA_ROOT = built_once.media
    return built_once


@pytest.fixture
def empty_site(db):
    """Return the root of a site without pages of ours, whatever ran before."""
    for page in HomePage.objects.all():
        page.delete()
    return Page.get_first_root_node()


def our_pages() -> list[Page]:
    return list(Page.objects.filter(depth__gt=1).specific())


def streams(page: Page):
    for field in page._meta.get_fields():
        if isinstance(field, StreamField):
            yield getattr(page, field.name)


def test_site_has_our_pages_and_groups_alone_at_its_address(built):
    home = HomePage.objects.get()
    assert [page.pk for page in Page.objects.filter(depth=2)] == [home.pk]
    assert not Group.objects.filter(name__in=["Editors", "Moderators"]).exists()
    for task in GroupApprovalTask.objects.all():
        assert task.groups.count() > 0
    site = Site.objects.get()
    assert django_settings.WAGTAILADMIN_BASE_URL == "http://localhost"
    assert (site.hostname, site.port) == ("localhost", 80)
    assert site.root_page_id == home.pk
    assert site.site_name
    section = Page.objects.get(slug="stronger-communities")
    titles = section.get_children().live().order_by("path")
    assert list(titles.values_list("title", flat=True)) == NINE_ENTRIES
    assert section.show_in_menus
    assert section.specific.introduction.count("<p>") == 3


def test_every_page_is_complete_and_answers_with_its_pictures(built, client):
    for page in our_pages():
        assert page.live, page
        assert page.first_published_at, page
        assert page.latest_revision_id, page
        assert page.owner_email.endswith("@example.gov.uk"), page
        assert page.review_on > timezone.localdate(), page
        assert page.summary, page
        assert SearchDocument.objects.get(pk=page.pk).is_public, page
        response = client.get(page.url)
        assert response.status_code == 200, page.url
        html = BeautifulSoup(response.content, "html.parser")
        assert html.h1.get_text(strip=True) == page.title
        for image in html.select("main img"):
            assert (built.media / image["src"].removeprefix("/media/")).exists()
    assert Page.find_problems() == ([], [], [], [], [])


def test_every_block_type_is_used_and_every_block_is_valid(built):
    used = set()
    for page in our_pages():
        for stream in streams(page):
            stream.stream_block.clean(stream)
            used |= {block.block_type for block in stream}
    assert used == set(BodyBlock().child_blocks)


def test_change_notes_come_from_a_second_publication(built):
    notes = ChangeNote.objects.all()
    assert len(notes) >= 3
    for note in notes:
        assert Revision.page_revisions.filter(object_id=str(note.page_id)).count() == 2


def test_one_alert_is_shown_one_is_to_come_and_one_is_over(built, client):
    now = timezone.now()
    alerts = AlertSnippet.objects.filter(live=True)
    (shown,) = alerts.current(at=now)
    (to_come,) = alerts.filter(starts_at__gt=now)
    (over,) = alerts.filter(ends_at__lt=now)
    html = client.get("/").content.decode()
    assert shown.heading in html
    assert to_come.heading not in html
    assert over.heading not in html


def test_building_again_leaves_what_staff_have_edited_and_deleted(built):
    def state():
        return {
            "version": get_content_version(),
            "pages": list(Page.objects.order_by("pk").values()),
            "revisions": Revision.objects.count(),
            "images": Image.objects.count(),
            "alerts": list(AlertSnippet.objects.values()),
            "users": list(get_user_model().objects.values()),
            "files": sorted(built.media.rglob("*")),
        }

    home = HomePage.objects.get()
    home.title, home.slug = "Our own title", "our-own"
    home.save_revision().publish()
    Page.objects.get(slug="catalyst-stockton").specific.delete()
    before = state()
    output = StringIO()
    call_command("load_demo_site", stdout=output)
    assert output.getvalue().count("\n") == 1
    assert "nothing was overwritten" in output.getvalue()
    assert state() == before


def test_a_build_that_fails_leaves_neither_pages_nor_files(
    empty_site, monkeypatch, settings
):
    monkeypatch.setattr(build, "publish_updates", None)
    images = Image.objects.count()
    with pytest.raises(TypeError):
        build.build_example_site(StringIO())
    assert not HomePage.objects.exists()
    assert Image.objects.count() == images
    assert not list(Path(settings.MEDIA_ROOT).rglob("original_images/*"))


def test_each_account_opens_with_the_password_that_was_printed(built):
    names = {"administrator", *(role.name.replace(" ", "-") for role in ROLES)}
    assert built.passwords.keys() == names
    for username, password in built.passwords.items():
        assert len(password) >= 15
        user = authenticate(None, username=username, password=password)
        assert user.has_perm("wagtailadmin.access_admin")


def test_an_account_whose_name_is_taken_is_left_alone(db):
    get_user_model().objects.filter(username="author").delete()
    own = get_user_model().objects.create_user("author", password="My own pass phrase")
    accounts = build.create_accounts({"author": Group.objects.create(name="A")})
    own.refresh_from_db()
    assert own.check_password("My own pass phrase")
    assert not own.groups.exists()
    assert "author" not in {username for _, username, _ in accounts}
