"""The report of broken links: what editors see, and "check again"."""

import csv
import io
from datetime import UTC, datetime, timedelta
from json import dumps

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupPagePermission

from home.editorial.links.broken import broken_links_for
from home.models import ExternalLink, PageLink
from tests.factories import (
    AlertFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)

ADDRESS = "/admin/reports/broken-links/"
MAY_3 = datetime(2026, 5, 3, 12, tzinfo=UTC)


@pytest.fixture
def target(home):
    """Return a page that is not published any more."""
    page = StandardPageFactory(parent=home, title="Gone away")
    page.unpublish()
    return page


@pytest.fixture
def source(section, target):
    """Return a page with a link to our own page and one to another site."""
    page = PartnershipPageFactory(
        parent=section,
        title="The source",
        owner_name="Food team",
        body=[
            ("text", f'<a linktype="page" id="{target.pk}">our words</a>'),
            ("text", '<a href="https://a.test/">their words</a>'),
        ],
    )
    ExternalLink.objects.update(
        is_broken=True, outcome="not-found", failing_since=MAY_3
    )
    return page


@pytest.fixture
def make_editor(django_user_model):
    """Return a function that makes an editor with page permissions."""

    def make(*permissions, page=None):
        user = django_user_model.objects.create_user("editor", password="x")
        group = Group.objects.create(name="Editors")
        codenames = [name for name in permissions if page is None]
        for name in ("access_admin", *codenames):
            group.permissions.add(Permission.objects.get(codename=name))
        for name in permissions if page else ():
            permission = Permission.objects.get(
                codename=name, content_type__app_label="wagtailcore"
            )
            GroupPagePermission.objects.create(
                group=group, page=page, permission=permission
            )
        user.groups.add(group)
        return user

    return make


def rows(client, **query):
    response = client.get(ADDRESS, query)
    assert response.status_code == 200
    soup = BeautifulSoup(response.content, "html.parser")
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all("td")]
        for row in soup.select("table.listing tbody tr")
    ]


def test_the_report_describes_each_problem(admin_client, source):
    own, other = rows(admin_client)
    assert own[:5] == [
        "The source",
        "our words",
        "Gone away",
        "Page is not published",
        "Food team",
    ]
    assert other[:5] == [
        "The source",
        "their words",
        "https://a.test/",
        "Page not found on the other website",
        "Food team",
    ]
    assert "Check again" in other[6]
    assert "Check again" not in own[6]


def test_the_report_says_since_when(admin_client, source, target):
    own, other = csv_rows(admin_client)
    assert other["Since"].startswith("2026-05-03")
    assert own["Since"].startswith(f"{timezone.now():%Y-%m-%d}")


def csv_rows(client):
    response = client.get(ADDRESS, {"export": "csv"})
    content = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(content)))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, ["our words", "their words", "elsewhere"]),
        ({"site": "own"}, ["our words", "elsewhere"]),
        ({"site": "other"}, ["their words"]),
        ({"problem": "other-site"}, ["their words"]),
        ({"problem": "not-published"}, ["our words", "elsewhere"]),
        ({"owner_name": "food"}, ["our words", "their words"]),
        ({"section": "section"}, ["our words", "their words"]),
    ],
)
def test_the_report_has_filters(
    admin_client, home, section, source, target, query, words
):
    html = f'<a linktype="page" id="{target.pk}">elsewhere</a>'
    StandardPageFactory(parent=home, title="Z", body=[("text", html)])
    if "section" in query:
        query = {"section": section.pk}
    assert sorted(row[1] for row in rows(admin_client, **query)) == sorted(words)


def test_the_report_takes_as_many_queries_for_many_links(
    admin_client, source, target, django_assert_max_num_queries
):
    def count():
        with django_assert_max_num_queries(60) as queries:
            rows(admin_client)
        return len(queries)

    count()
    few = count()
    html = f'<a linktype="page" id="{target.pk}">x</a>'
    for _ in range(10):
        StandardPageFactory(parent=source.get_parent(), body=[("text", html)])
    assert count() == few


def test_editors_see_the_pages_that_they_may_edit(
    client, home, section, source, target, make_editor
):
    html = f'<a linktype="page" id="{target.pk}">elsewhere</a>'
    StandardPageFactory(parent=home, body=[("text", html)])
    editor = make_editor("change_page", page=section)
    client.force_login(editor)
    assert {row[0] for row in rows(client)} == {"The source"}
    assert broken_links_for(editor, timezone.now()).count() == 2


def test_user_who_may_edit_nothing_is_denied(client, home, source, make_editor):
    editor = make_editor("view_enquiry")
    client.force_login(editor)
    assert client.get(ADDRESS).status_code == 302
    assert not broken_links_for(editor, timezone.now()).exists()
    link = PageLink.objects.get(external__isnull=False)
    address = reverse("check_link_again", args=[link.pk])
    assert client.post(address).status_code == 404


def test_alerts_are_shown_to_who_may_change_alerts(client, home, target, make_editor):
    alert = AlertFactory(live=False, heading="Bins", link_page=target, link_text="More")
    alert.save_revision().publish()
    client.force_login(make_editor("change_alertsnippet"))
    (row,) = rows(client)
    assert row[:2] == ["Bins", "More"]


def test_check_again_asks_at_the_next_run_and_keeps_the_filters(admin_client, source):
    later = timezone.now() + timedelta(days=5)
    ExternalLink.objects.update(next_check_at=later)
    link = PageLink.objects.get(external__isnull=False)
    address = reverse("check_link_again", args=[link.pk])
    assert admin_client.get(address).status_code == 405
    assert ExternalLink.objects.get().next_check_at == later
    response = admin_client.post(f"{address}?site=other")
    assert response.url == f"{ADDRESS}?site=other"
    assert ExternalLink.objects.get().next_check_at <= timezone.now()


def test_nothing_of_other_sites_is_listed_where_they_are_not_checked(
    admin_client, source, settings
):
    settings.CHECK_EXTERNAL_LINKS = False
    assert [row[1] for row in rows(admin_client)] == ["our words"]


def test_publishing_says_which_links_lead_nowhere(admin_client, send_form, target):
    page = StandardPageFactory(parent=target.get_parent(), title="New")
    # Bodies come out of the form empty, so the link is in its introduction.
    home = target.get_parent().specific
    home.introduction = f'<p><a linktype="page" id="{target.pk}">our words</a></p>'
    home.save()
    address = reverse("wagtailadmin_pages:edit", args=[home.pk])
    form = {"change_note": "New", "introduction": rich_text(target)}
    response = send_form(address, **form)
    assert response.status_code == 302
    html = admin_client.get("/admin/").content.decode()
    assert "Check the link &#x27;our words&#x27;" in html
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    send_form(edit, change_note="New")
    assert "Check the link" not in admin_client.get("/admin/").content.decode()


def rich_text(target):
    """Return a paragraph with a link as the editor sends it."""
    return dumps(
        {
            "blocks": [
                {
                    "key": "abcde",
                    "text": "our words",
                    "type": "unstyled",
                    "depth": 0,
                    "inlineStyleRanges": [],
                    "entityRanges": [{"offset": 0, "length": 9, "key": 0}],
                }
            ],
            "entityMap": {
                "0": {
                    "type": "LINK",
                    "mutability": "MUTABLE",
                    "data": {"id": target.pk, "url": "/x/", "parentId": 1},
                }
            },
        }
    )
