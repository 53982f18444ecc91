"""What our admin adds to Wagtail's: its menus, the editors' guide, its own phrases."""

import gettext
import re
from itertools import pairwise
from pathlib import Path

import pytest
import wagtail.admin
from bs4 import BeautifulSoup
from django.conf import settings
from django.urls import reverse
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import SubmenuMenuItem, admin_menu

from stockton_cms.accounts.roles import ROLES
from stockton_cms.editor_guide import SOURCE, STATIC, render_guide
from tests.browser.tasks import MAX_BYTES, PICTURES
from tests.stockton_cms.permissions.world import make_person

HOME = "/admin/"
TOP_LEVEL = [
    "Pages",
    "Policies and partnerships",
    "Alerts",
    "Enquiries and feedback",
    "Search",
    "Images",
    "Documents",
    "Reports",
    "Settings",
    "Help",
]


def entries(menu, request):
    for item in menu.menu_items_for_request(request):
        if isinstance(item, SubmenuMenuItem):
            yield from entries(item.menu, request)
        else:
            yield item


@pytest.fixture
def menu_of(client, home, section, rf):
    def get(kind):
        request = rf.get(HOME)
        request.user = make_person(kind)
        client.force_login(request.user)
        # Only then has Wagtail registered all entries.
        client.get(request.path)
        return list(entries(admin_menu, request))

    return get


@pytest.mark.parametrize("kind", [role.name for role in ROLES])
def test_no_entry_leads_to_a_refusal(kind, menu_of, client):
    urls = [item.url for item in menu_of(kind) if item.url.startswith("/")]
    assert reverse("guide") in urls
    answers = {url: client.get(url, follow=True) for url in urls}
    # Anyone who is refused is led back to the dashboard.
    assert not [url for url in urls if answers[url].request["PATH_INFO"] == HOME]
    assert {each.status_code for each in answers.values()} == {200}


def all_filter_sets(parent=WagtailFilterSet):
    for each in parent.__subclasses__():
        yield each
        yield from all_filter_sets(each)


def test_filters_that_are_used_are_shown_with_a_label(menu_of, client):
    menu_of(ROLES[0].name)
    ours = [
        (each, name, found.label)
        for each in all_filter_sets()
        if each.__module__.startswith(("home", "community", "search", "stockton_cms"))
        for name, found in each.base_filters.items()
    ]
    assert len({each for each, *_ in ours}) > 5
    # What django-filter says where it finds no field of that name.
    assert not [each for each in ours if each[2] == "[invalid name]"]


def test_writers_are_led_to_lists_reports_and_one_guide(menu_of, client):
    assert "Partnerships" not in {item.label for item in menu_of("alert publisher")}
    labels = {str(item.label) for item in menu_of("editor")}
    assert labels >= {"Partnerships", "Guide for editors", "Ageing pages"}
    assert not {each for each in labels if "Wagtail" in each or "Aging" in each}
    assert [each for each in labels if "Guide" in each] == ["Guide for editors"]
    page = BeautifulSoup(client.get(HOME).content, "html.parser")
    links = {link["href"] for link in page.main.find_all("a")}
    assert reverse("guide") in links
    assert not [link for link in links if "wagtail.org" in link]


def test_menu_is_in_order_and_account_leads_to_what_one_signs_in_with(
    admin_client, admin_user, home, rf
):
    html = admin_client.get(HOME).content.decode()
    assert "Sign out" in html
    assert "Log out" not in html
    request = rf.get(HOME)
    request.user = admin_user
    items = admin_menu.menu_items_for_request(request)
    assert [item.label for item in sorted(items, key=lambda it: it.order)] == TOP_LEVEL

    html = admin_client.get(reverse("wagtailadmin_account")).content.decode()
    page = BeautifulSoup(html, "html.parser")
    links = {link["href"] for link in page.main.find_all("a")}
    assert {reverse("mfa_index"), reverse("account_reset_password")} <= links
    # No one is asked for a picture that would not be shown, nor changes a password
    # where attempts are not counted.
    assert 'type="file"' not in html
    assert "old_password" not in html
    assert "Theme preferences" in html


# The editors' guide


def test_guide_has_a_contents_list_and_headings_in_order(admin_client, db):
    page = BeautifulSoup(admin_client.get(reverse("guide")).content, "html.parser")
    [title] = page.find_all("h1")
    assert title.get_text(strip=True) == "Guide for editors"
    contents = page.find("nav", attrs={"aria-label": "In this guide"})
    for link in contents.find_all("a"):
        [heading] = page.select(f"[id='{link['href'].removeprefix('#')}']")
        assert heading.get_text() == link.get_text()
    levels = [int(each.name[1]) for each in page.select(".guide :is(h2, h3, h4)")]
    assert levels[0] == 2
    assert all(low - high <= 1 for high, low in pairwise(levels))
    assert page.select(".guide table th")


def test_guide_is_shown_as_text_with_anchors_and_pictures_that_there_are():
    html = render_guide("# Title\n\n<script>alert(1)</script> <b>x</b>")["html"]
    assert "<script" not in html
    assert "<b>" not in html
    [one, other] = render_guide("# Title\n\n## Pictures\n\n## Pictures")["parts"]
    assert one["anchor"] != other["anchor"]
    source = f"# Title\n\nBefore ![A cup]({STATIC}guide/no-such.webp) after"
    assert "<img" not in render_guide(source)["html"]

    source = SOURCE.read_text("utf-8")
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", source)
    assert all(len(description) > 20 for description, _ in pictures)
    there = {f"{STATIC}guide/{path.name}": path for path in PICTURES.iterdir()}
    assert {address for _, address in pictures} == set(there)
    assert max(path.stat().st_size for path in there.values()) <= MAX_BYTES
    assert "<img" in render_guide(source)["html"]


def test_each_task_of_the_guide_is_tried_out():
    steps = SOURCE.read_text("utf-8").partition("## Step by step\n")[2]
    tests = (settings.BASE_DIR / "tests/browser/test_guide.py").read_text()
    for title in re.findall(r"^### (.+)$", steps.split("\n## ")[0], re.MULTILINE):
        assert f'task("{title}")' in tests


def test_own_phrases_are_compiled_and_still_there_in_wagtail():
    folder = Path(settings.BASE_DIR, "stockton_cms/locale/en_GB/LC_MESSAGES")
    source = (folder / "django.po").read_text()
    ours = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', source, re.MULTILINE))
    assert len(ours) > 3
    with (folder / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {each: compiled.gettext(each) for each in ours} == ours
    theirs = Path(wagtail.admin.__file__).parent / "locale/en/LC_MESSAGES/django.po"
    phrases = re.sub(r'"\n"', "", theirs.read_text())
    assert not [each for each in ours if f'"{each}"' not in phrases]
