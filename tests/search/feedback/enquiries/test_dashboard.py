"""The dashboard shows unassigned enquiries and your own."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.utils import timezone

from search.feedback.dashboard import enquiries
from search.models import Enquiry
from tests.factories import EnquiryFactory


@pytest.fixture
def staff_user(django_user_model):

    def make(*permissions):
        user = django_user_model.objects.create_user("staff_user")
        found = Permission.objects.filter(codename__in=["access_admin", *permissions])
        user.user_permissions.set(found)
        return user

    return make


def tasks(user, at):
    return list(filter(None, enquiries(user, at)))


def words(user, at=None):
    return [need.text for need in tasks(user, at or timezone.now())]


def test_each_line_leads_to_its_enquiries(staff_user, client):
    user = staff_user("change_enquiry")
    now = timezone.now()
    EnquiryFactory(message="Nobody has it")
    EnquiryFactory(message="I have it", assigned_to=user)
    EnquiryFactory(message="Done", assigned_to=user, status="closed")
    late = {"answered_at": now - timedelta(hours=25), "status": "closed"}
    EnquiryFactory(message="Not emailed", email="a@example.org", **late)
    EnquiryFactory(message="Emailed", answer_sent_at=now, **late)
    client.force_login(user)
    found = {}
    for need in tasks(user, now):
        html = BeautifulSoup(client.get(need.href).content, "html.parser")
        found[need.text] = [row.text for row in html.select("td.field-short_message")]
    assert {
        each: [text.strip() for text in texts] for each, texts in found.items()
    } == {
        "1 answer could not be emailed for over 24 hours. Contact your site "
        "administrator.": ["Not emailed"],
        "1 enquiry is assigned to you": ["I have it"],
        "1 unassigned enquiry": ["Nobody has it"],
    }


def test_mail_that_is_late_is_urgent_after_a_day(staff_user):
    user, now = staff_user("view_enquiry"), timezone.now()
    EnquiryFactory(email="a@example.org", status="closed", answered_at=now)
    assert words(user, now + timedelta(hours=23)) == []
    (need,) = tasks(user, now + timedelta(hours=25))
    assert need.is_urgent
    Enquiry.objects.update(email="")
    assert words(user, now + timedelta(hours=25)) == []


def test_readers_have_no_tasks_of_their_own(staff_user):
    user = staff_user("view_enquiry")
    EnquiryFactory(assigned_to=user)
    assert words(user) == []


def test_no_tasks_without_permission_to_read(staff_user, django_assert_num_queries):
    user = staff_user("delete_enquiry")
    EnquiryFactory()
    user.get_all_permissions()
    with django_assert_num_queries(0):
        assert words(user) == []


def test_one_query_answers_for_many(staff_user, django_assert_num_queries):
    user = staff_user("change_enquiry")
    EnquiryFactory.create_batch(30, assigned_to=user)
    user.get_all_permissions()
    with django_assert_num_queries(1):
        assert words(user) == ["30 enquiries are assigned to you"]
