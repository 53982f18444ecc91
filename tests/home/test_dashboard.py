from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Workflow

from home.jobs import JobRun
from search.feedback.models import CaseStatus
from tests.factories import AlertFactory, EnquiryFactory, StandardPageFactory

HOME = reverse("wagtailadmin_home")


@pytest.fixture
def jobs(home):
    call_command("run_jobs")


def get_panel(client):
    html = BeautifulSoup(client.get(HOME).content, "html.parser")
    return html.select_one("#your-tasks-content")


def get_lines(client):
    return [item.get_text(" ", strip=True) for item in get_panel(client).select("li")]


def test_alerts_and_enquiries_lead_to_their_lists(jobs, admin_client):
    assert "You have no outstanding tasks" in get_panel(admin_client).get_text()
    AlertFactory(heading="Long", ends_at=timezone.now() + timedelta(days=1))
    AlertFactory(heading="Short", ends_at=timezone.now() + timedelta(minutes=30))
    AlertFactory(heading="Over", ends_at=timezone.now() - timedelta(minutes=30))
    AlertFactory(heading="Draft", live=False)
    EnquiryFactory(message="Where is the tip?")
    EnquiryFactory(message="All done", status=CaseStatus.CLOSED)
    links = {a.get_text(): a["href"] for a in get_panel(admin_client).select("li a")}
    lists = {
        "1 alert ends within the hour": (["Short"], ["Long"]),
        "2 alerts are live": (["Short", "Long"], ["Over"]),
        "1 unassigned enquiry": (["Where is the tip?"], ["All done"]),
    }
    assert set(links) == set(lists)
    for text, (listed, others) in lists.items():
        html = admin_client.get(links[text]).content.decode()
        assert [each for each in listed + others if each in html] == listed


def test_page_tasks_lead_to_their_lists(jobs, home, admin_client, admin_user):
    page = StandardPageFactory(
        parent=home,
        title="The old page",
        review_on=date(2020, 1, 1),
        body=[
            (
                "text",
                "<p>Apply until 3 May 2020: "
                '<a id="999999" linktype="page">how</a>.</p>',
            )
        ],
    )
    page.save_revision().publish()
    draft = StandardPageFactory(parent=home, title="The old page", live=False)
    draft.save_revision()
    Workflow.objects.get().start(draft, admin_user)
    links = {a.get_text(): a["href"] for a in get_panel(admin_client).select("li a")}
    waiting = "1 page is waiting for your approval"
    assert set(links) == {
        waiting,
        "1 page is due for review",
        "1 date has passed",
        "1 page has content issues",
        "1 broken link",
    }
    for address in links.values():
        assert "The old page" in admin_client.get(address).content.decode()
    draft.refresh_from_db()
    draft.current_workflow_state.cancel(user=admin_user)
    assert waiting not in get_panel(admin_client).get_text()
    assert "The old page" not in admin_client.get(links[waiting]).content.decode()


def test_jobs_that_do_not_run_or_fail_are_named(home, admin_client):
    (line,) = get_lines(admin_client)
    assert "have not run yet" in line
    call_command("run_jobs")
    JobRun.objects.filter(name="scheduled publishing").update(error="ValueError")
    (line,) = get_lines(admin_client)
    assert "Scheduled tasks are failing: scheduled publishing." in line
    JobRun.objects.update(finished_at=timezone.now() - timedelta(days=2))
    (line,) = get_lines(admin_client)
    assert "they stopped on " in line


def test_officer_sees_only_what_their_role_may_see(jobs, client, django_user_model):
    AlertFactory(ends_at=timezone.now() + timedelta(days=1))
    EnquiryFactory()
    officer = django_user_model.objects.create_user("officer")
    client.force_login(officer)
    for permission, expected in {
        "": [],
        "change_alertsnippet": ["1 alert is live"],
        "view_enquiry": ["1 unassigned enquiry"],
    }.items():
        names = ["access_admin", permission]
        officer.user_permissions.set(Permission.objects.filter(codename__in=names))
        assert get_lines(client) == expected


def test_number_of_queries_does_not_grow_with_tasks(jobs, admin_client):
    def count():
        AlertFactory()
        EnquiryFactory()
        admin_client.get(HOME)
        with CaptureQueriesContext(connection) as asked:
            admin_client.get(HOME)
        return len(asked)

    one = count()
    for _ in range(20):
        AlertFactory()
        EnquiryFactory()
    # About one for each kind of task, and what Wagtail's own panels ask; and whether
    # there is such a session, as a made-up cookie must not bypass the page cache.
    assert count() == one <= 34
