"""One click marks a page as reviewed and sets the next review."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupApprovalTask, Page, Workflow, WorkflowTask

from home.content_version import get_content_version
from home.editorial.reviews import mark_reviewed
from home.models import ChangeNote, StandardPage
from tests.home.editorial.conftest import TODAY

NEXT = date(2027, 3, 3)
IN_SIX_MONTHS = date(2026, 9, 3)
ADDRESS = "/admin/reports/reviews/mark-reviewed/"


@pytest.fixture(autouse=True)
def _today(db):
    with time_machine.travel(f"{TODAY} 12:00Z", tick=False):
        yield


@pytest.fixture
def mark(admin_client, admin_user):
    """Return a function that presses a button and gives the page that follows."""
    admin_client.force_login(admin_user)

    def post(client=admin_client, **data):
        return client.post(ADDRESS, data, follow=True).content.decode()

    return post


@pytest.fixture
def page(make_reviewed):
    page = make_reviewed(title="Grants")
    page.save_revision().publish()
    return StandardPage.objects.get(pk=page.pk)


def test_button_sets_the_next_review_and_readers_see_no_change(
    page, mark, review_of, read, admin_client
):
    before = StandardPage.objects.get(pk=page.pk)
    html, version = read(page.url), get_content_version()
    text = mark(one=f"{page.pk}:12")
    said = "&#x27;Grants&#x27; has been marked as reviewed. Next review: 3 March 2027."
    assert said in text
    after = StandardPage.objects.get(pk=page.pk)
    draft = after.get_latest_revision_as_object()
    assert {after.review_on, draft.review_on, review_of(page).review_on} == {NEXT}
    assert after.last_published_at == before.last_published_at
    assert after.latest_revision_created_at == before.latest_revision_created_at
    assert after.has_unpublished_changes is False
    assert get_content_version() == version
    assert read(page.url) == html
    assert not ChangeNote.objects.exists()
    # A second click changes nothing.
    mark(one=f"{page.pk}:12")
    address = reverse("wagtailadmin_pages:history", args=[page.pk])
    history = admin_client.get(address).content.decode()
    assert history.count("Reviewed: no change needed. Next review 3 March 2027") == 1


def test_all_versions_to_come_have_the_new_date(
    page, mark, read, admin_user, django_user_model
):
    page.go_live_at = timezone.now() + timedelta(days=1)
    page.save_revision(approved_go_live_at=page.go_live_at).publish()
    page.go_live_at = None
    workflow = Workflow.objects.create(name="Check", active=True)
    task = GroupApprovalTask.objects.create(name="Approve", active=True)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    page.save_revision()
    state = workflow.start(page, admin_user)
    # The draft of a colleague stays a draft, and theirs.
    colleague = django_user_model.objects.create_user("colleague")
    page.title = "Grants of tomorrow"
    revision = page.save_revision(user=colleague)
    mark(one=f"{page.pk}:6")
    live = StandardPage.objects.get(pk=page.pk)
    assert (live.title, live.has_unpublished_changes) == ("Grants", True)
    assert (live.latest_revision, live.latest_revision.user) == (revision, colleague)
    state.refresh_from_db()
    submitted = state.current_task_state.revision
    for version in (live.latest_revision, live.scheduled_revision, submitted):
        assert version.as_object().review_on == IN_SIX_MONTHS


def test_selected_pages_are_reviewed_and_the_list_is_filtered_as_before(
    make_reviewed, review_of, admin_client, admin_user
):
    # The first has neither a date nor a revision.
    pages = [make_reviewed(None), make_reviewed(), make_reviewed()]
    admin_client.force_login(admin_user)
    data = {"page": [pages[0].pk, pages[1].pk], "months": "6"}
    response = admin_client.post(f"{ADDRESS}?state=due&p=2", data)
    assert response["Location"] == reverse("reviews_report") + "?state=due&p=2"
    dates = [review_of(page).review_on for page in pages]
    assert dates == [IN_SIX_MONTHS, IN_SIX_MONTHS, TODAY]


def test_nonsense_changes_nothing_and_says_so(page, mark, review_of):
    for data in (
        {"months": "6"},
        {"page": "x", "months": "6"},
        {"page": page.pk, "months": "600"},
        {"one": f"{page.pk}:7"},
        {"one": f"{page.pk}:"},
        {"one": "99999999999999999999:6"},
        {"one": "²:6"},
    ):
        assert "Select at least one page." in mark(**data), data
    assert review_of(page).review_on == TODAY


def test_only_those_who_may_edit_a_page_mark_it(
    page, mark, review_of, editor, may, home, section
):
    editor.force_login(editor.user)
    assert editor.post(ADDRESS, {"one": f"{page.pk}:6"}).status_code == 302
    assert review_of(page).review_on == TODAY
    other = Page.objects.get(pk=home.pk)
    may(other.add_child(instance=StandardPage(title="Own", slug="own")), "change")
    assert "you cannot edit them" in mark(editor, one=f"{page.pk}:6")
    assert review_of(page).review_on == TODAY
    may(section, "change")
    editor.force_login(editor.user)
    mark(editor, one=f"{page.pk}:6")
    assert review_of(page).review_on == IN_SIX_MONTHS


def test_locked_and_unpublished_pages_are_left_alone(page, mark, review_of, editor):
    Page.objects.filter(pk=page.pk).update(
        locked=True, locked_at=timezone.now(), locked_by=editor.user
    )
    assert "is locked" in mark(one=f"{page.pk}:6")
    page.unpublish()
    assert "no longer published" in mark(one=f"{page.pk}:6")
    assert review_of(page).review_on == TODAY


def test_only_a_form_of_ours_changes_anything(page, review_of, admin_user):
    query = {"one": f"{page.pk}:6"}
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    assert strict.get(ADDRESS, query).status_code == 405
    assert strict.post(ADDRESS, query).status_code == 403
    assert review_of(page).review_on == TODAY
    # The list has what the form needs, also after it was filtered.
    html = strict.get(reverse("reviews_report_results")).content.decode()
    token = html.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    strict.post(ADDRESS, {**query, "csrfmiddlewaretoken": token})
    assert review_of(page).review_on == IN_SIX_MONTHS


def test_new_date_is_set_for_all_or_none(page, make_reviewed, review_of, monkeypatch):
    other, calls = make_reviewed(), []

    def fail_the_second_time(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise ZeroDivisionError

    monkeypatch.setattr("home.editorial.reviews.log", fail_the_second_time)
    with pytest.raises(ZeroDivisionError):
        mark_reviewed([page.pk, other.pk], 6, None, TODAY)
    assert {review_of(page).review_on, review_of(other).review_on} == {TODAY}
