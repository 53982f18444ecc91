"""The example site: what it holds, that it is built once, and who may do what."""

import re
import tomllib
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
import wagtail_factories
from bs4 import BeautifulSoup
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from wagtail.fields import StreamField
from wagtail.images.models import Image
from wagtail.models import GroupApprovalTask, Page, PageLogEntry, Revision, Site

from community.models import AlertSnippet
from home.blocks import BodyBlock
from home.content_version import get_content_version
from home.models import ChangeNote, HomePage
from search.models import PromotionSnippet, SearchDocument
from stockton_cms.accounts.roles import ROLES
from stockton_cms.operations.demo import build
from stockton_cms.operations.demo.build import Filler, publish_page

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
BINS = """
type = "Standard page"
title = "Bins"
summary = "When to put them out."
picture = "bridge"

[[body]]
block = "contact"
name = "Bins team"
phone = "01632 960000"

[[body]]
block = "documents"
documents = ["calendar"]
"""


@pytest.fixture(scope="module")
def built_once(django_db_setup, django_db_blocker, tmp_path_factory):
    """Build the site for the tests of this module, and take it away afterwards.

    Returns what the command said, and where it put the files.
    """
    media = tmp_path_factory.mktemp("media")
    output = StringIO()
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media):
        with transaction.atomic():
            HomePage.objects.get().delete()
            call_command("load_demo_site", stdout=output)
            yield output.getvalue(), media
            transaction.set_rollback(True)
        Site.clear_site_root_paths_cache()


@pytest.fixture
def built(built_once, db, settings):
    """Return what the command said; what a test changes is undone after it."""
    said, settings.MEDIA_ROOT = built_once
    return said


def all_of(name):
    return tomllib.loads((build.FOLDER / name).read_text(encoding="utf-8"))


def test_every_page_but_the_first_is_listed_once_and_every_file_is_described():
    pages = {path.stem for path in (build.FOLDER / "pages").glob("*.toml")}
    listed = [
        below
        for name in pages
        for below in all_of(f"pages/{name}.toml").get("pages", [])
    ]
    assert len(listed) == len(set(listed)) > 20
    assert pages - set(listed) == {"stockton-on-tees"}
    for kind in ("picture", "document"):
        files = {path.stem for path in (build.FOLDER / f"{kind}s").iterdir()}
        assert files == {entry["name"] for entry in all_of(f"{kind}s.toml")[kind]}


@pytest.mark.parametrize(
    ("said", "instead", "message"),
    [
        ("summary =", "sumary =", "StandardPage has no field named 'sumary'"),
        ('"Bins"', "Bins", "Invalid value (at line 3, column 9)"),
        ('phone = "01632 960000"', "", "Enter a phone number"),
        ('"calendar"', '"diary"', "KeyError: 'diary'"),
    ],
)
def test_a_mistake_in_a_page_names_its_file(
    section, tmp_path, monkeypatch, said, instead, message
):
    monkeypatch.setattr(build, "FOLDER", tmp_path / "content")
    (tmp_path / "content" / "pages").mkdir(parents=True)
    assert said in BINS
    text = BINS.replace(said, instead)
    (tmp_path / "content" / "pages" / "bins.toml").write_text(text)
    made = {
        "bridge": wagtail_factories.ImageFactory(),
        "calendar": wagtail_factories.DocumentFactory(),
    }
    with pytest.raises(CommandError, match=r"^content/pages/bins.toml: ") as error:
        publish_page(section, "bins", Filler(datetime(2027, 1, 11, tzinfo=UTC), made))
    assert message in str(error.value)


def test_site_is_whole_and_alone_at_its_address(built, client, settings):
    home = HomePage.objects.get()
    assert [page.pk for page in Page.objects.filter(depth=2)] == [home.pk]
    assert not Group.objects.filter(name__in=["Editors", "Moderators"]).exists()
    for task in GroupApprovalTask.objects.all():
        assert task.groups.count() > 0
    site = Site.objects.get()
    assert (site.hostname, site.port, site.root_page_id) == ("localhost", 80, home.pk)
    assert site.site_name
    section = Page.objects.get(slug="stronger-communities")
    titles = section.get_children().live().order_by("path")
    assert list(titles.values_list("title", flat=True)) == NINE_ENTRIES
    assert section.show_in_menus
    assert section.specific.introduction.count("<p>") == 3

    used = set()
    for page in Page.objects.filter(depth__gt=1).specific():
        assert page.live, page
        assert page.first_published_at, page
        assert page.latest_revision_id, page
        # The history offers each version.
        edits = PageLogEntry.objects.filter(page=page.pk, action="wagtail.edit")
        assert edits.filter(revision=page.latest_revision_id).exists(), page
        assert page.owner_email.endswith("@example.gov.uk"), page
        assert page.review_on > timezone.localdate(), page
        assert page.summary, page
        assert SearchDocument.objects.get(pk=page.pk).is_public, page
        response = client.get(page.url)
        assert response.status_code == 200, page.url
        html = BeautifulSoup(response.content, "html.parser")
        assert html.h1.get_text(strip=True) == page.title
        for image in html.select("main img"):
            name = image["src"].removeprefix("/media/")
            assert (Path(settings.MEDIA_ROOT) / name).exists()
        for field in page._meta.get_fields():
            if isinstance(field, StreamField):
                stream = getattr(page, field.name)
                stream.stream_block.clean(stream)
                used |= {block.block_type for block in stream}
    assert used == set(BodyBlock().child_blocks)
    assert Page.find_problems() == ([], [], [], [], [])

    notes = ChangeNote.objects.all()
    assert len(notes) >= 3
    for note in notes:
        assert Revision.page_revisions.filter(object_id=str(note.page_id)).count() == 2


# What people search for, many in need, and part of the title that comes first.
FIRST = {
    "my husband hits me": "Domestic Abuse Helpline: call 0808 2000 247",
    "my husband hits me and the kids what can I do": "Domestic Abuse Helpline",
    "suicide": "Samaritans: call 116 123",
    "i want to die": "Samaritans",
    "I think my friend wants to die": "Samaritans",
    "suiside": "Samaritans",
    "someone is hurting a child": "Report a child",
    "my dad hits me": "Childline: call 0800 1111",
    "hate crime": "Report a hate crime",
    "my son is missing": "Missing People: call 116 000",
    "I've got nowhere to sleep tonight": "Get help if you are homeless",
    "evicted": "Get help if you are being evicted",
    "i cant pay my rent": "cannot pay your rent",
    "i can't pay my bills": "debt advice",
    "debt": "debt advice",
    "no food": "Get help from a food bank",
    "no heating": "no heating",
    "council tax": "Council tax",
    "bins": "your bins",
    "jobs": "Find a job",
    "contact": "Contact us",
    "who do i ring at night": "Contact us",
    "interpreter": "Help in other languages",
    "Polish": "Help in other languages",
    "pomoc": "Help in other languages",
    "مترجم": "Help in other languages",
    "ਦੁਭਾਸ਼ੀਆ": "Help in other languages",
    "翻译": "Help in other languages",
}


def test_searches_of_the_first_day_are_answered_first(built, client):
    def first(query):
        response = client.get(reverse("search"), {"query": query})
        html = BeautifulSoup(response.content, "html.parser")
        link = html.select_one(".result a")
        return link.get_text() if link else ""

    found = {query: first(query) for query in FIRST}
    assert {q: title for q, title in found.items() if FIRST[q] not in title} == {}
    for promotion in PromotionSnippet.objects.all():
        promotion.full_clean()
    PromotionSnippet.objects.all().delete()
    assert sum(FIRST[query] in first(query) for query in FIRST) <= 12


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


def test_building_again_leaves_what_staff_have_edited_and_deleted(built, settings):
    def state():
        return {
            "version": get_content_version(),
            "pages": list(Page.objects.order_by("pk").values()),
            "revisions": Revision.objects.count(),
            "images": Image.objects.count(),
            "alerts": list(AlertSnippet.objects.values()),
            "users": list(get_user_model().objects.values()),
            "files": sorted(Path(settings.MEDIA_ROOT).rglob("*")),
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


def test_a_build_that_fails_leaves_nothing(db, monkeypatch):
    for page in HomePage.objects.all():
        page.delete()
    monkeypatch.setattr(build, "publish_updates", None)
    images = Image.objects.count()
    with pytest.raises(TypeError):
        build.build_example_site(StringIO())
    assert not HomePage.objects.exists()
    assert Image.objects.count() == images


def test_each_account_opens_with_the_password_that_was_printed(built):
    passwords = dict(re.findall(r"^  .+?  +(\S+)  +(\S+)$", built, re.MULTILINE))
    names = {"administrator", *(role.name.replace(" ", "-") for role in ROLES)}
    assert passwords.keys() == names
    for username, password in passwords.items():
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
