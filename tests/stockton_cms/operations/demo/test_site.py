"""The example site: what it holds, that it is built once, and who may do what."""

import base64
import re
import zlib
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
from django.urls import reverse
from django.utils import timezone
from wagtail.documents.models import Document
from wagtail.fields import StreamField
from wagtail.images.models import Image
from wagtail.models import GroupApprovalTask, Page, Revision, Site

from community.models import AlertSnippet, PolicyUpdatePage
from community.models.policy import PolicyStatus
from home.blocks import BodyBlock
from home.content_version.counter import get_content_version
from home.models import ChangeNote, HomePage, SiteSettings, StandardPage
from search.models import SearchDocument
from stockton_cms.accounts.roles import ROLES
from stockton_cms.operations.demo import build
from tests.factories import HomePageFactory

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
ROLE_NAMES = [role.name for role in ROLES]
LONGEST_SENTENCE_WORDS = 30


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


def strings_in(value):
    """Yield every text inside raw StreamField data."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from strings_in(part)
    elif isinstance(value, str):
        yield value


def pdf_text(data: bytes) -> str:
    """Return the words of a PDF that reportlab wrote with a standard font."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL)
    shown = []
    for stream in streams:
        page = zlib.decompress(base64.a85decode(b"<~" + stream.strip(), adobe=True))
        shown += re.findall(r"\(((?:\\.|[^\\)])*)\) Tj", page.decode("cp1252"))
    return " ".join(part.strip() for part in shown)


def test_section_lists_the_nine_entries_in_order(built):
    section = Page.objects.get(slug="stronger-communities")
    titles = section.get_children().live().order_by("path")
    assert list(titles.values_list("title", flat=True)) == NINE_ENTRIES
    assert section.show_in_menus
    assert section.specific.introduction.count("<p>") == 3


def test_wagtails_own_page_and_groups_are_gone(built):
    home = HomePage.objects.get()
    assert [page.pk for page in Page.objects.filter(depth=2)] == [home.pk]
    assert not Group.objects.filter(name__in=["Editors", "Moderators"]).exists()
    for task in GroupApprovalTask.objects.all():
        assert task.groups.count() > 0


def test_default_site_is_at_the_address_in_the_settings(built):
    site = Site.objects.get()
    assert django_settings.WAGTAILADMIN_BASE_URL == "http://localhost"
    assert (site.hostname, site.port) == ("localhost", 80)
    assert site.root_page_id == HomePage.objects.get().pk
    assert site.site_name


def test_site_settings_say_that_the_content_is_an_example(built):
    settings = SiteSettings.objects.get()
    assert settings.phone == "01632 960000"
    assert settings.email.endswith("example.gov.uk")
    assert "example" in settings.footer_note
    assert settings.emergency_numbers
    assert settings.social_links


def test_every_page_answers_with_its_title_and_its_pictures(built, client):
    for page in our_pages():
        response = client.get(page.url)
        assert response.status_code == 200, page.url
        html = BeautifulSoup(response.content, "html.parser")
        assert html.h1.get_text(strip=True) == page.title
        for image in html.select("main img"):
            assert (built.media / image["src"].removeprefix("/media/")).exists()


def test_every_page_is_published_searchable_owned_and_has_a_review_date(built):
    for page in our_pages():
        assert page.live, page
        assert page.first_published_at, page
        assert page.latest_revision_id, page
        assert page.owner_email.endswith("@example.gov.uk"), page
        assert page.review_on > timezone.localdate(), page
        assert page.summary, page
        assert SearchDocument.objects.get(pk=page.pk).is_public, page
    assert Page.find_problems() == ([], [], [], [], [])


def test_every_block_type_is_used_and_every_block_is_valid(built):
    used = set()
    for page in our_pages():
        for stream in streams(page):
            stream.stream_block.clean(stream)
            used |= {block.block_type for block in stream}
    assert used == set(BodyBlock().child_blocks)


def test_no_sentence_is_long(built):
    for page in our_pages():
        texts = [page.summary, getattr(page, "introduction", "")]
        for stream in streams(page):
            texts += strings_in(list(stream.raw_data))
        for text in texts:
            words = BeautifulSoup(f"<i>{text}</i>", "html.parser").get_text("\n")
            for sentence in re.split(r"[.?!](?:\s|$)|\n", words):
                assert len(sentence.split()) <= LONGEST_SENTENCE_WORDS, sentence


def test_only_the_allowed_phone_number_and_addresses_appear(built):
    for page in our_pages():
        text = " ".join(
            text for stream in streams(page) for text in strings_in(stream.raw_data)
        )
        numbers = set(re.findall(r"\b0\d[\d ]{8,}\d\b", text))
        assert numbers <= {"01632 960000"}, page
        for address in re.findall(r"https?://[^/\s\"<]+", text):
            assert address == "https://example.gov.uk", page


def test_images_have_alternative_text_and_the_scenes_differ(built):
    images = Image.objects.all()
    assert all(image.description for image in images)
    large = [image for image in images if (image.width, image.height) == (1600, 900)]
    assert len({image.get_file_hash() for image in large}) >= 6


def test_documents_can_be_read_and_say_their_title_and_language(built):
    documents = Document.objects.all()
    assert len(documents) == 3
    for document in documents:
        data = document.file.read()
        assert b"/Lang (en-GB)" in data
        assert f"/Title ({document.title})".encode() in data
        text = pdf_text(data)
        assert text.startswith(document.title)
        assert len(text.split()) > 60


def test_documents_are_linked_from_pages(built, client):
    for slug in ("a-brighter-borough-for-all", "catalyst-stockton"):
        page = Page.objects.get(slug=slug)
        link = re.search(rb'href="(/documents/\S+)"', client.get(page.url).content)
        assert client.get(link.group(1).decode()).status_code == 200


def test_policies_stand_where_their_dates_put_them(built):
    now = timezone.now()
    policies = PolicyUpdatePage.objects.with_status(at=now)
    replaced = policies.get(status=PolicyStatus.REPLACED)
    assert replaced.replaced_by.title == "A Brighter Borough for All"
    consultation = policies.get(status=PolicyStatus.CONSULTATION_OPEN)
    assert consultation.consultation_closes_at > now
    others = policies.exclude(pk__in=[replaced.pk, consultation.pk])
    assert {policy.status for policy in others} == {PolicyStatus.ADOPTED}


def test_change_notes_come_from_a_second_publication(built):
    notes = ChangeNote.objects.all()
    assert len(notes) >= 3
    for note in notes:
        assert Revision.page_revisions.filter(object_id=str(note.page_id)).count() == 2


def test_partnerships_and_policies_link_to_each_other(built, client):
    page = Page.objects.get(slug="catalyst-stockton")
    html = client.get(page.url).content.decode()
    assert "A Fairer Stockton-on-Tees" in html
    other = Page.objects.get(slug="a-fairer-stockton-on-tees")
    linked = BeautifulSoup(client.get(other.url).content, "html.parser")
    titles = {card.get_text(strip=True) for card in linked.select(".linked-pages h3")}
    assert {"Catalyst Stockton", "A Brighter Borough for All"} <= titles


def test_statements_are_not_in_the_menu_and_true_of_cookies(built, client):
    statements = StandardPage.objects.child_of(HomePage.objects.get())
    assert {"accessibility", "privacy", "cookies"} <= set(
        statements.values_list("slug", flat=True)
    )
    assert not statements.filter(show_in_menus=True).exists()
    # The page on cookies says so.
    assert not client.get(reverse("enquiry")).cookies


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


def test_building_again_changes_nothing(built):
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

    before = state()
    output = StringIO()
    call_command("load_demo_site", stdout=output)
    assert output.getvalue() == "The example site is already here.\n"
    assert state() == before


def test_building_again_leaves_what_staff_have_edited_and_deleted(built):
    home = HomePage.objects.get()
    home.title, home.slug = "Our own title", "our-own"
    home.save_revision().publish()
    Page.objects.get(slug="catalyst-stockton").specific.delete()
    assert not build.build_example_site(StringIO())
    assert HomePage.objects.get().title == "Our own title"
    assert not Page.objects.filter(slug="catalyst-stockton").exists()


def test_a_site_that_has_another_home_page_is_left_alone(empty_site):
    home = HomePageFactory(parent=empty_site)
    version = get_content_version()
    output = StringIO()
    assert not build.build_example_site(output)
    assert output.getvalue().count("\n") == 1
    assert "nothing was overwritten" in output.getvalue()
    assert get_content_version() == version
    assert HomePage.objects.get() == home


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


@pytest.mark.parametrize("username", ["administrator", *ROLE_NAMES])
def test_each_account_opens_with_the_password_that_was_printed(built, username):
    username = username.replace(" ", "-")
    password = built.passwords[username]
    assert len(password) >= 15
    user = authenticate(None, username=username, password=password)
    assert user is not None
    assert user.has_perm("wagtailadmin.access_admin")


@pytest.mark.parametrize("name", ROLE_NAMES)
def test_nobody_but_the_administrator_manages_accounts(built, client, name):
    user = get_user_model().objects.get(username=name.replace(" ", "-"))
    assert not user.is_superuser
    assert not user.is_staff
    assert not [label for label in user.get_all_permissions() if label[:5] == "auth."]
    client.force_login(user)
    for view in ("wagtailusers_users:index", "wagtailusers_users:add"):
        assert client.get(reverse(view)).status_code != 200
    administrator = get_user_model().objects.get(username="administrator")
    assert administrator.has_perm("auth.add_user")


@pytest.mark.parametrize(
    ("name", "may_edit", "may_publish", "may_edit_home"),
    [
        ("author", False, False, False),
        ("editor", True, False, False),
        ("moderator", True, True, False),
        ("communications lead", True, True, True),
        ("alert publisher", False, False, False),
        ("enquiry handler", False, False, False),
    ],
)
def test_roles_reach_their_own_pages_only(
    built, name, may_edit, may_publish, may_edit_home
):
    user = get_user_model().objects.get(username=name.replace(" ", "-"))
    page = Page.objects.get(slug="catalyst-stockton").specific
    on_page = page.permissions_for_user(user)
    on_home = HomePage.objects.get().permissions_for_user(user)
    assert on_page.can_edit() is may_edit
    assert on_page.can_publish() is may_publish
    assert on_home.can_edit() is may_edit_home


def test_only_the_named_roles_handle_alerts_and_enquiries(built):
    users = get_user_model().objects.filter(is_superuser=False)
    lead = "communications-lead"
    for label, usernames in {
        "community.publish_alertsnippet": {"alert-publisher", lead},
        "search.view_enquiry": {"enquiry-handler", lead},
        "search.change_enquiry": {"enquiry-handler", lead},
        "home.change_sitesettings": {lead},
    }.items():
        assert {user.username for user in users if user.has_perm(label)} == usernames


def test_an_account_whose_name_is_taken_is_left_alone(db):
    get_user_model().objects.filter(username="author").delete()
    own = get_user_model().objects.create_user("author", password="My own pass phrase")
    accounts = build.create_accounts({"author": Group.objects.create(name="A")})
    own.refresh_from_db()
    assert own.check_password("My own pass phrase")
    assert not own.groups.exists()
    assert "author" not in {username for _, username, _ in accounts}
