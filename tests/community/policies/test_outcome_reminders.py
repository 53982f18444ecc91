"""The owner of a consultation is reminded of the outcome it promised (R9)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from community import reminders
from community.reminders import (
    get_awaiting_outcome,
    queue_outcome_reminders,
)
from home.models import SiteSettings
from home.notifications.sending import purge_notifications, send_notifications
from tests.factories import PolicyUpdatePageFactory

CLOSES = datetime(2027, 5, 31, 11, tzinfo=UTC)
WEEK = timedelta(weeks=1)
DUE = CLOSES + 12 * WEEK
TEAM, OWNER = "team@example.gov.uk", "owner@example.gov.uk"


@pytest.fixture
def policy(section):
    site = section.get_site()
    SiteSettings.objects.update_or_create(site=site, defaults={"team_email": TEAM})
    return PolicyUpdatePageFactory(
        parent=section,
        title="Food plan",
        owner_email=OWNER,
        consultation_opens_at=CLOSES - 8 * WEEK,
        consultation_closes_at=CLOSES,
    )


def remind_of_outcomes(at):
    queue_outcome_reminders(at)
    send_notifications(at)
    purge_notifications(at)


def outcomes_due(user, at):
    return [task for task in reminders.outcomes_due(user, at) if task]


def sent():
    return [(each.subject.split(" ", 2)[2], each.to) for each in mail.outbox]


def test_owner_is_chased_three_times_and_the_team_once(policy):
    for week in range(20):
        remind_of_outcomes(CLOSES + week * WEEK)
    assert sent() == [
        ("outcome is due in 4 weeks", [OWNER]),
        ("outcome is due in 1 week", [OWNER]),
        ("outcome is overdue", [OWNER, TEAM]),
    ]
    text = mail.outbox[0].body
    assert '"Food plan" closed on 31 May 2027' in text
    assert "by 23 August 2027" in text
    assert f"/admin/pages/{policy.pk}/edit/" in text


def test_reminders_come_in_the_morning_and_again_for_a_longer_consultation(policy):
    remind_of_outcomes(DUE - 4.01 * WEEK)
    remind_of_outcomes((DUE - 3.9 * WEEK).replace(hour=3))
    assert mail.outbox == []
    remind_of_outcomes((DUE - 3.9 * WEEK).replace(hour=7))
    assert len(mail.outbox) == 1
    type(policy).objects.update(consultation_closes_at=CLOSES + 4 * WEEK)
    remind_of_outcomes(DUE)
    assert len(mail.outbox) == 2


def test_jobs_that_were_off_for_months_send_the_last_stage_only(policy):
    policy.title, policy.owner_email = "Food\nBcc: everyone@example.org", ""
    policy.save()
    remind_of_outcomes(DUE + 9 * WEEK)
    # To the team, as the page has no owner.
    assert sent() == [("outcome is overdue", [TEAM])]
    assert "\nBcc" not in mail.outbox[0].message().as_string()


@pytest.mark.parametrize(
    "change",
    [
        {"outcome_published_on": CLOSES.date()},
        {"live": False},
        {"consultation_closes_at": CLOSES + 20 * WEEK},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_reminder_once_the_outcome_is_published(policy, change):
    queue_outcome_reminders(DUE + WEEK)
    type(policy).objects.filter(pk=policy.pk).update(**change)
    remind_of_outcomes(DUE + WEEK)
    assert mail.outbox == []


def test_dashboard_counts_outcomes_due(
    policy, section, admin_user, admin_client, django_user_model
):
    [soon] = outcomes_due(admin_user, DUE - WEEK)
    assert not soon.is_urgent
    [overdue] = outcomes_due(admin_user, DUE)
    assert overdue.is_urgent
    assert overdue.text == "1 consultation outcome is overdue"
    colleague = django_user_model.objects.create_user("colleague")
    assert outcomes_due(colleague, DUE) == []
    assert len(get_awaiting_outcome(DUE)) == 1
    PolicyUpdatePageFactory(parent=section, title="Owes nothing")
    now = timezone.now()
    type(policy).objects.filter(pk=policy.pk).update(
        consultation_opens_at=now - 20 * WEEK, consultation_closes_at=now - 13 * WEEK
    )
    listed = admin_client.get(overdue.href).context["object_list"]
    assert [page.title for page in listed] == ["Food plan"]
