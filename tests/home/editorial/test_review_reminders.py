"""Content owners and the communications team are reminded of reviews."""

import logging
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.urls import reverse
from wagtail.models import Page, Site

from home.content_version import get_content_version
from home.editorial import reviews as reminders
from home.models import SiteSettings
from home.notifications.outbox import Notification
from home.notifications.sending import purge_notifications
from tests.home.editorial.conftest import TODAY
from tests.home.notifications.emails import send_emails

DAY = timedelta(days=1)
ANN, BEN = "ann@example.gov.uk", "ben@example.gov.uk"
TEAM = "comms@example.gov.uk"


def noon(days=0):
    return datetime(2026, 3, 3, 12, tzinfo=UTC) + days * DAY


def remind(days=0):
    """Run the job on a day, counted from the page's; return who was written to."""
    reminders.queue_review_reminders(noon(days))
    return send_emails(noon(days))


@pytest.fixture(autouse=True)
def team(home):
    site = Site.objects.get(is_default_site=True)
    return SiteSettings.objects.create(site=site, team_email="Comms@example.gov.uk")


def test_owner_hears_before_and_on_the_day_and_the_team_when_it_is_overdue(
    make_reviewed,
):
    page = make_reviewed()
    heard = {days: emails for days in range(-20, 45) if (emails := remind(days))}
    both = [[ANN], [TEAM]]
    assert heard == {-14: [[ANN]], 0: [[ANN]], 14: both, 42: both}
    assert remind(98) == both
    body = mail.outbox[1].body
    assert "Content owner: Ann ann@example.gov.uk" in body
    assert reverse("wagtailadmin_pages:edit", args=[page.pk]) in body
    assert "reply" not in body.lower()


def test_the_team_hears_at_once_of_a_page_without_an_owner(make_reviewed):
    make_reviewed(email="", owner_name="")
    assert [remind(days) for days in (-14, 0, 14, 42)] == [[[TEAM]]] * 4
    assert "Content owner: none" in mail.outbox[0].body


def test_the_mail_says_what_to_do_with_and_without_an_account(
    make_reviewed, django_user_model
):
    page = make_reviewed(title="Grants\nand & loans")
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    user = django_user_model.objects.create_user("ann", email="Ann@example.gov.uk")
    remind(-14)
    (message,) = mail.outbox
    assert message.subject == "Pages due for review"
    assert message.reply_to == [TEAM]
    assert "Reply to this email" in message.body
    line = f"- Grants and & loans\n  {page.full_url}\n  Due in 14 days (3 March 2026)\n"
    assert line in message.body
    assert "/admin/" not in message.body
    assert "Content owner" not in message.body
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    remind()
    assert edit in mail.outbox[0].body
    assert reverse("reviews_report") in mail.outbox[0].body


def test_an_owner_who_is_the_team_gets_one_mail(make_reviewed):
    make_reviewed(TODAY - 14 * DAY, TEAM)
    make_reviewed(email="")
    assert remind() == [[TEAM]]
    assert mail.outbox[0].body.count("\n- ") == 2
    assert remind() == remind(1) == []


def test_owners_do_not_read_of_each_others_pages(make_reviewed):
    make_reviewed(title="Hers")
    make_reviewed(email=BEN, title="His")
    assert remind() == [[ANN], [BEN]]
    assert "His" not in mail.outbox[0].body
    assert "Hers" not in mail.outbox[1].body


def test_no_one_gets_two_emails_a_day_or_any_at_night(make_reviewed):
    make_reviewed()
    reminders.queue_review_reminders(noon().replace(hour=0, minute=1))
    assert send_emails(noon().replace(hour=7, minute=59)) == []
    assert send_emails(noon().replace(hour=8)) == [[ANN]]
    make_reviewed()
    assert remind() == []
    assert remind(1) == [[ANN]]
    assert mail.outbox[0].body.count("\n- ") == 1


def test_without_a_team_address_those_who_may_publish_the_home_page_are_reminded(
    make_reviewed, team, admin_user, django_user_model, caplog
):
    team.team_email = ""
    team.save()
    django_user_model.objects.create_user("someone", email="someone@example.gov.uk")
    make_reviewed(email="")
    assert remind() == [[admin_user.email]]
    admin_user.delete()
    make_reviewed()
    with caplog.at_level(logging.WARNING):
        assert remind() == [[ANN]]
    assert "No one to remind" in caplog.text
    assert "Contact the communications team" in mail.outbox[0].body


def test_outage_of_two_days_delays_one_email(make_reviewed, mail_errors):
    make_reviewed(title="One")
    mail_errors.extend([ConnectionRefusedError()] * 2)
    assert remind() == remind(1) == []
    make_reviewed(title="Two")
    assert remind(2) == [[ANN]]
    assert mail.outbox[0].body.count("\n- ") == 2
    assert remind(2) == remind(3) == []


def test_pages_without_a_date_and_those_that_readers_do_not_see_send_nothing(
    make_reviewed,
):
    make_reviewed(None)
    draft = make_reviewed(TODAY + 100 * DAY)
    draft.review_on = TODAY
    draft.save_revision()
    unpublished, expired = make_reviewed(), make_reviewed()
    Page.objects.filter(pk=unpublished.pk).update(live=False)
    Page.objects.filter(pk=expired.pk).update(expire_at=noon() - DAY)
    assert remind(14) == []


def test_another_owner_and_another_date_start_the_reminders_again(make_reviewed):
    page = make_reviewed()
    assert remind(20) == [[ANN], [TEAM]]
    page.title = "Another title"
    page.save_revision().publish()
    assert remind(21) == []
    page.owner_email = BEN
    page.save_revision().publish()
    assert remind(22) == [[BEN]]
    page.review_on = TODAY + 100 * DAY
    page.save_revision().publish()
    assert remind(85) == []
    # One that is reviewed in the night before is left out.
    reminders.queue_review_reminders(noon(86).replace(hour=0, minute=1))
    page.review_on = TODAY + 200 * DAY
    page.save_revision().publish()
    assert send_emails(noon(86)) == []
    assert remind(186) == [[BEN]]


def test_an_address_that_is_rejected_is_tried_with_the_next_reminder(
    make_reviewed,
    mail_errors,
):
    make_reviewed()
    make_reviewed(email=BEN)
    mail_errors.append(SMTPRecipientsRefused({ANN: (550, b"5.1.1")}))
    assert remind() == [[BEN]]
    assert remind(1) == []
    assert [ANN] in remind(14)


def test_many_pages_are_one_email_and_few_queries(
    make_reviewed, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(reminders, "MAX_LINES", 4)
    for number in range(7):
        make_reviewed(TODAY + number % 3 * DAY, ANN.title() if number % 2 else ANN)
    version = get_content_version()
    assert remind() == [[ANN]]
    assert mail.outbox[0].body.count("\n- ") == 4
    assert "There are 3 more." in mail.outbox[0].body
    with django_assert_num_queries(5):
        reminders.queue_review_reminders(noon())
    # Readers see no change, and addresses are not stored for longer than they are used.
    assert get_content_version() == version
    purge_notifications(noon(31))
    assert not Notification.objects.exists()
