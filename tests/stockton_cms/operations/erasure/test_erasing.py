"""A resident who asks for it is forgotten in every table; no one else is."""

import json
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.log_actions import log
from wagtail.models import Comment, ModelLogEntry, Page, Revision, Site, TaskState

from community.models import AlertHistoryEntry, Subscriber, Subscription
from home.content_version import get_content_version
from home.models import SiteSettings
from search.models import (
    Enquiry,
    FeedbackAction,
    LoggedSearch,
    PageFeedbackComment,
)
from stockton_cms.operations.erasure import service
from stockton_cms.operations.erasure.service import ErasureAction, erase
from tests.factories import (
    AlertFactory,
    EnquiryFactory,
    PartnershipPageFactory,
    StandardPageFactory,
)

pytestmark = pytest.mark.usefixtures("admin_search")

CANARY = "canary.bird+x@example.org"
# Part of every way to write it.
SIGN = "canary"


def where_it_stands(text=SIGN):
    """Return every table in which the text is left, asked without our own code."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            if any(text.lower() in str(row).lower() for row in cursor.fetchall()):
                found.add(table)
    for session in Session.objects.all():
        if text in str(session.get_decoded()):
            found.add("django_session")
    return found


def body(text):
    return json.dumps([{"type": "text", "value": f"<p>{text}</p>", "id": "1"}])


@pytest.fixture
def officer(db):
    return get_user_model().objects.create_user("ann", email="ann@example.gov.uk")


@pytest.fixture
def notes(home, section, officer, client):
    """Leave the address wherever no visitor sees it."""
    enquiry = EnquiryFactory(email=CANARY.upper(), message="Where are the bins?")
    enquiry.actions.create(at=timezone.now(), kind="nothing")
    EnquiryFactory(message=f"Ask {CANARY} about bins", email="other@example.org")
    follower = Subscriber.objects.create(email=CANARY.title(), email_key=CANARY)
    follower.subscriptions.create(page=section)
    PageFeedbackComment.objects.create(page=home, was_useful=False, comment=CANARY)
    LoggedSearch.objects.create(query="x", result_count=0)
    LoggedSearch.objects.update(query=f"bins {CANARY}")
    page = PartnershipPageFactory(parent=section, title="Forum", summary="A forum.")
    page.summary, page.contact_email = f"Ask {CANARY}", CANARY
    page.body = json.loads(body("canary.bird&#43;x@example.org &amp; more"))
    page.save_revision(user=officer)
    Comment.objects.create(
        page=page, user=officer, text=f"Said {CANARY}", contentpath="title"
    )
    draft = StandardPageFactory(parent=section, title="Draft", live=False)
    draft.title, draft.owner_email = f"About {CANARY}", CANARY
    draft.save_revision(user=officer)
    draft.save()
    state = section.get_workflow().start(draft, officer).current_task_state
    TaskState.objects.filter(pk=state.pk).update(comment=f"Ring {CANARY}")
    log(page, "wagtail.edit", user=officer, data={"note": CANARY})
    Redirect.objects.create(old_path=f"/{CANARY}", redirect_link="/")
    client.force_login(officer)
    session = client.session
    session["asked_by"] = CANARY
    session.save()
    return page


def test_the_address_is_gone_from_every_table_and_nothing_else(notes):
    before = where_it_stands()
    assert before >= {
        "community_subscriber",
        "search_enquiry",
        "search_pagefeedbackcomment",
        "search_loggedsearch",
        "wagtailcore_revision",
        "wagtailcore_comment",
        "wagtailcore_taskstate",
        "wagtailcore_pagelogentry",
        "wagtailcore_page",
        "home_standardpage",
        "wagtailredirects_redirect",
        "django_session",
    }
    out = StringIO()
    call_command("erase_personal_data", CANARY, "--dry-run", stdout=out)
    assert "Enquiries (email): 1. Deleted" in out.getvalue()
    assert "Nothing has been erased yet." in out.getvalue()
    assert where_it_stands() == before
    call_command("erase_personal_data", CANARY, stdout=out)
    assert "The email address was erased" in out.getvalue()
    assert "name, phone number" in out.getvalue()
    assert SIGN not in out.getvalue()
    assert where_it_stands() == set()
    (entry,) = ModelLogEntry.objects.filter(action=service.ACTION)
    assert (entry.user, entry.data["rows"] > 0) == (None, True)
    assert erase(CANARY).lines == []

    (left,) = Enquiry.objects.all()
    assert left.message == "Ask [removed] about bins"
    assert left.email == "other@example.org"
    assert not FeedbackAction.objects.exists()
    assert not Subscription.objects.exists()
    assert Comment.objects.get().text == "Said [removed]"
    assert get_user_model().objects.filter(email="ann@example.gov.uk").exists()

    draft = Page.objects.get(pk=notes.pk).get_latest_revision_as_object()
    assert (draft.summary, draft.contact_email) == ("Ask [removed]", "")
    assert "[removed] &amp; more" in str(draft.body)
    draft.full_clean()
    draft.save_revision().publish()


@pytest.fixture
def published(home, section):
    """Let the address stand on the site, as a contact does."""
    page = PartnershipPageFactory(parent=section, title="Forum", live=False)
    page.contact_email, page.body = CANARY, json.loads(body(f"Ask {CANARY}"))
    page.owner_email = CANARY
    page.save_revision().publish()
    site_settings = SiteSettings.for_site(Site.objects.get())
    site_settings.email = CANARY
    site_settings.save()
    return page


def test_what_is_part_of_the_site_stays_and_the_report_leads_there(published, client):
    before = where_it_stands()
    report = erase(CANARY)
    assert where_it_stands() == before
    assert {line.done for line in report.lines} == {ErasureAction.SHOWN}
    places = dict(place for line in report.lines for place in line.places)
    assert places["Forum"] == f"/admin/pages/{published.pk}/edit/"
    assert SIGN in client.get(published.url).content.decode()


def is_found(client, query):
    html = client.get("/search/", {"query": query}).content.decode()
    LoggedSearch.objects.all().delete()
    return ">Forum<" in html


def test_everywhere_takes_it_off_the_site_at_once(published, client):
    assert SIGN in client.get(published.url).content.decode()
    assert is_found(client, "canary")
    version = get_content_version()
    assert erase(CANARY, everywhere=True).is_done
    assert where_it_stands() == set()
    assert get_content_version() > version
    html = client.get(published.url).content.decode()
    assert SIGN not in html
    assert "Ask [removed]" in html
    assert not is_found(client, "canary")
    assert is_found(client, "forum")


def test_address_of_an_account_is_refused_and_nothing_changes(notes):
    get_user_model().objects.create_user("bird", email=CANARY)
    before = where_it_stands()
    report = erase(CANARY, everywhere=True)
    assert report.has_account
    assert report.summary.startswith("Nothing can be erased, because")
    assert not report.is_done
    assert where_it_stands() == before
    with pytest.raises(CommandError, match="account"):
        call_command("erase_personal_data", CANARY, stdout=StringIO())


def test_history_of_alerts_is_reported_and_stays(home):
    alert = AlertFactory(live=False, text=f"<p>Ask {CANARY}</p>")
    alert.save_revision().publish()
    report = erase(CANARY, everywhere=True)
    assert ErasureAction.ALERT_HISTORY in {line.done for line in report.lines}
    assert where_it_stands() == {"community_alerthistoryentry"}
    assert AlertHistoryEntry.objects.exists()


def test_enquiries_from_other_addresses_stay(home):
    names = ("a.{}", "{}.uk", "o'{}", "o/{}", "o={}", "o!{}", "o--{}", "{}.scot")
    for name in names:
        EnquiryFactory(email=name.format(CANARY))
    EnquiryFactory(email=CANARY.upper(), message="Mine")
    erase(CANARY)
    left = set(Enquiry.objects.values_list("email", flat=True))
    assert left == {name.format(CANARY) for name in names}


def test_a_fault_half_way_leaves_everything(notes, monkeypatch):
    before = where_it_stands()

    def fail(*arguments):
        raise RuntimeError

    monkeypatch.setattr(service, "delete_with_history", fail)
    with pytest.raises(RuntimeError):
        erase(CANARY)
    assert where_it_stands() == before


def test_what_is_no_address_is_refused(db):
    for typed in ("", "x", "a@b", "%", "a@b.uk\nBcc: c@d.uk"):
        with pytest.raises(CommandError, match="not an email address"):
            call_command("erase_personal_data", typed)


def test_a_table_that_nobody_thought_of_is_searched_too(home, monkeypatch):
    """Prove that the walk needs no list of tables."""
    assert {*service.tables()} >= {*apps.get_models()} - {
        model for model in apps.get_models() if model._meta.proxy
    }
    monkeypatch.setattr(service, "NO_TEXT", (models.Field,))
    EnquiryFactory(email=CANARY)
    assert erase(CANARY).lines == []
    assert where_it_stands() == {"search_enquiry"}


def test_search_of_the_admin_follows_and_rows_that_must_differ_still_do(section):
    page = StandardPageFactory(parent=section, title=f"About {CANARY}", live=False)
    for number in range(2):
        Redirect.objects.create(old_path=f"/{number}/{CANARY}", redirect_link="/")
    assert "wagtailsearch_indexentry" in where_it_stands()
    erase(CANARY)
    assert where_it_stands() == set()
    assert Page.objects.get(pk=page.pk).title == "About [removed]"
    assert not Revision.objects.filter(object_str__contains=SIGN).exists()
    assert Redirect.objects.count() == 2
