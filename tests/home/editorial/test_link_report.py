"""The report of broken links: what editors see, and "check again"."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from home.editorial.links import broken_links_for
from home.editorial.models import ExternalLink, PageLink
from tests.factories import AlertFactory, PartnershipPageFactory, StandardPageFactory
from tests.home.editorial.conftest import rich_text_as_sent

REPORT = "broken_links"
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


def test_the_report_describes_each_problem(source, ask, export, settings):
    own, other = ask(REPORT)
    wrong = ["The source", "our words", "Gone away", "Page is not published"]
    assert own[:5] == [*wrong, "Food team"]
    wrong = ["https://a.test/", "Page not found on the other website", "Food team"]
    assert other[:5] == ["The source", "their words", *wrong]
    assert "Check again" in other[6]
    assert "Check again" not in own[6]
    assert ask(REPORT, problem="not-published") == [own]
    own, other = export(REPORT)
    assert other["Failing since"].startswith("2026-05-03")
    assert own["Failing since"] == ""
    settings.CHECK_EXTERNAL_LINKS = False
    assert len(ask(REPORT)) == 1


def test_editor_sees_own_links_and_no_title_of_what_they_may_not_see(
    source, section, ask, editor, may
):
    assert editor.get(ADDRESS).status_code == 302
    assert not broken_links_for(editor.user, timezone.now()).exists()
    link = PageLink.objects.get(external__isnull=False)
    address = reverse("check_link_again", args=[link.pk])
    assert editor.post(address).status_code == 404
    may(section, "change")
    editor.force_login(editor.user)
    own, _ = ask(REPORT, editor)
    assert own[2] == "A page you do not have permission to view"


def test_alerts_are_shown_to_who_may_change_alerts(target, ask, editor):
    alert = AlertFactory(live=False, heading="Bins", link_page=target, link_text="More")
    alert.save_revision().publish()
    permission = Permission.objects.get(codename="change_alertsnippet")
    editor.user.user_permissions.add(permission)
    (row,) = ask(REPORT, editor)
    assert row[:2] == ["Bins", "More"]
    assert row[4] == ""


def test_check_again_asks_at_the_next_run_and_keeps_the_filters(admin_client, source):
    later = timezone.now() + timedelta(days=5)
    ExternalLink.objects.update(next_check_at=later)
    link = PageLink.objects.get(external__isnull=False)
    filtered = "?problem=other-site"
    address = reverse("check_link_again", args=[link.pk]) + filtered
    html = admin_client.get(f"{ADDRESS}{filtered}").content.decode()
    assert f'formaction="{address}"' in html
    assert "csrfmiddlewaretoken" in html
    assert admin_client.get(address).status_code == 405
    assert ExternalLink.objects.get().next_check_at == later
    assert admin_client.post(address).url == f"{ADDRESS}{filtered}"
    assert ExternalLink.objects.get().next_check_at <= timezone.now()


def test_publishing_says_which_links_lead_nowhere(admin_client, send_form, target):
    page = StandardPageFactory(parent=target.get_parent(), title="New")
    home = target.get_parent()
    # Bodies come out of the form empty, so the link is in its introduction.
    link = {"id": target.pk, "url": "/x/", "parentId": 1}
    introduction = rich_text_as_sent("our words", link)
    form = {"change_note": "New", "introduction": introduction}
    send_form(reverse("wagtailadmin_pages:edit", args=[home.pk]), **form)
    html = admin_client.get("/admin/").content.decode()
    assert "Check the link &#x27;our words&#x27;" in html
    send_form(reverse("wagtailadmin_pages:edit", args=[page.pk]), change_note="New")
    assert "Check the link" not in admin_client.get("/admin/").content.decode()
