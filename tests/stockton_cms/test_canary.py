"""What a resident types stays where it belongs: a canary is let loose and looked for.

It is typed into every form that residents are shown, those of later features too, and
things are made to go wrong with it. Then it must be in no log, cache, cookie, address,
session or subject of an email.
"""

import logging
import pickle
import re
import time
import zlib
from smtplib import SMTPRecipientsRefused
from urllib.parse import urljoin

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache, caches
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from community.models import Subscriber
from home.models import HomePage
from search import views
from search.feedback.forms import SIGNER
from search.models import Enquiry, LoggedSearch
from stockton_cms.page_cache.entries import CachedPage
from tests.factories import CommunityIndexPageFactory

NAME, EMAIL = "Canary Birdsong", "canary.birdsong@example.org"
TELEPHONE, POSTCODE = "07700 900142", "TS18 9ZZ"
MESSAGE = f"I am {NAME}, ring {TELEPHONE}.\nI live at {POSTCODE}.\n{EMAIL}"
SIGNS = ("birdsong", "900142", "9zz")
# Where residents' own words are stored, and nowhere else.
KEEPS_WORDS = {
    "community_subscriber",
    "search_enquiry",
    "search_pagefeedbackcomment",
}


def signs_in(text):
    return [sign for sign in SIGNS if sign in str(text).lower()]


class Resident:
    """Someone who reads the site, and types the canary wherever it lets them."""

    def __init__(self):
        self.client = Client(raise_request_exception=False)
        self.answers = []
        # What the cache of pages has kept.
        self.kept = []
        self.forms = set()

    def get(self, address, **data):
        answer = self.client.get(address, data or None)
        self.answers.append(answer)
        return answer

    def send(self, address, data):
        answer = self.client.post(address, data)
        self.answers.append(answer)
        return answer

    def fill_in_all_forms(self, address, clock, depth=3):
        """Send each form of a page, and those of the pages that answer."""
        html = BeautifulSoup(self.get(address).content, "html.parser")
        for form in html.select("form[method=post]") if depth else ():
            action = urljoin(address, form.get("action") or "")
            key = (action, str(form.select_one("button")))
            if key in self.forms:
                continue
            self.forms.add(key)
            clock.shift(60)
            answer = self.send(action, typed_into(form))
            if answer.status_code == 302:
                self.fill_in_all_forms(answer["Location"], clock, depth - 1)


def typed_into(form):
    data = {}
    for field in form.select("[name]"):
        kind = field.get("type", field.name)
        is_hidden = kind == "hidden" or field.find_parent(attrs={"aria-hidden": "true"})
        if is_hidden or kind in {"submit", "button", "radio"} or field.name == "button":
            data.setdefault(field["name"], field.get("value", ""))
        else:
            data[field["name"]] = EMAIL if kind == "email" else MESSAGE
    return data


@pytest.fixture
def resident(home, monkeypatch):
    resident, make = Resident(), CachedPage.from_response

    def make_and_show(*arguments):
        resident.kept.append(make(*arguments))
        return resident.kept[-1]

    monkeypatch.setattr(CachedPage, "from_response", make_and_show)
    return resident


@pytest.fixture
def clock():
    with time_machine.travel(time.time(), tick=False) as traveller:
        yield traveller


def kept_bytes(pages):
    """Yield all that caches hold: pages in memory, files, rows."""
    for page in pages:
        yield page.body, page.headers
    yield [*cache._cache.items()]
    for path in (settings.DATA_DIR / "last_known").glob("*.djcache"):
        with path.open("rb") as file:
            pickle.load(file)  # noqa: S301
            yield zlib.decompress(file.read())
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM sign_in_tries")
        yield cursor.fetchall()


def told_to_browsers(answers):
    """Yield the headers of answers, and the addresses that their pages lead to.

    A search stands in its own address, as the visitor's browser has put it there.
    """
    for answer in answers:
        yield [*answer.items()], answer.cookies.output()
        if answer.request["REQUEST_METHOD"] != "POST":
            continue
        html = BeautifulSoup(answer.content, "html.parser")
        for name in ("href", "src", "action"):
            yield [tag[name] for tag in html.select(f"[{name}]")]


def tables_with_signs():
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            if signs_in(cursor.fetchall()):
                found.add(table)
    return found


def leaks(resident, log):
    places = {
        "log": [log],
        "cache": kept_bytes(resident.kept),
        "browser": told_to_browsers(resident.answers),
        "session": [session.get_decoded() for session in Session.objects.all()],
        "email": [
            (message.subject, message.extra_headers, message.from_email)
            for message in mail.outbox
        ],
    }
    found = {
        place: signs for place, held in places.items() if (signs := signs_in([*held]))
    }
    elsewhere = tables_with_signs() - KEEPS_WORDS
    return found | ({"database": sorted(elsewhere)} if elsewhere else {})


def test_nothing_leaks_where_all_goes_well(resident, section, log_text, clock):
    enquiry = reverse("enquiry")
    for address in ("/", section.url, reverse("search"), enquiry):
        resident.fill_in_all_forms(address, clock)
    resident.get(reverse("search"), query=f"bins {TELEPHONE} {POSTCODE} {EMAIL}")
    resident.get(enquiry, query=f"bins {EMAIL}")
    assert Enquiry.objects.get().message.splitlines() == MESSAGE.splitlines()
    assert Enquiry.objects.get().email == EMAIL
    assert LoggedSearch.objects.filter(query__startswith="bins").exists()
    assert tables_with_signs() >= {"search_enquiry"}
    assert leaks(resident, log_text()) == {}


def test_following_a_page_leaks_neither_address_nor_link(
    resident, section, log_text, clock
):
    follow = f"{reverse('subscribe')}?page={section.pk}"
    for address in (follow, reverse("manage_link")):
        resident.fill_in_all_forms(address, clock)
    assert [message.to for message in mail.outbox] == [[EMAIL], [EMAIL]]
    tokens = []
    for message in mail.outbox:
        link = re.search(r"https?://[^/]+(/\S+\?link=(\S+))", message.body)
        tokens.append(link[2])
        resident.fill_in_all_forms(link[1], clock)
        # What is wrong with a link is in the log, and the link is not.
        assert resident.get(f"{link[1]}x").status_code == 404
    assert Subscriber.objects.get().email == EMAIL
    assert "/follow/confirm/" in log_text()
    elsewhere = log_text() + str([*kept_bytes(resident.kept)])
    assert not [token for token in tokens if token in elsewhere]
    assert not any(answer.cookies for answer in resident.answers)
    assert leaks(resident, log_text()) == {}


def send_enquiry(resident, **values):
    shown_at = SIGNER.sign(str(time.time() - 60))
    data = {"message": MESSAGE, "email": EMAIL, "query": MESSAGE, "from_path": "/x/"}
    sent = {**data, "shown_at": shown_at, **values}
    return resident.send(reverse("enquiry"), sent).status_code


def follow(resident):
    section = CommunityIndexPageFactory(parent=HomePage.objects.get())
    data = {"email": EMAIL, "frequency": "daily"}
    address = f"{reverse('subscribe')}?page={section.pk}"
    return resident.send(address, data).status_code


def fail(*arguments, **keywords):
    raise RuntimeError("what went wrong\n" + MESSAGE)


def refused_by_the_database(resident, monkeypatch):
    save = Enquiry.save

    def save_wrongly(self, *arguments, **keywords):
        self.created_at = self.from_path = None
        with transaction.atomic():
            save(self, *arguments, **keywords)

    monkeypatch.setattr(Enquiry, "save", save_wrongly)
    assert send_enquiry(resident) == 500


def faults_in_views(resident, monkeypatch):
    monkeypatch.setattr(Enquiry, "save", fail)
    monkeypatch.setattr(Subscriber, "save", fail)
    monkeypatch.setattr(views, "get_results", fail)
    assert send_enquiry(resident) == 500
    assert follow(resident) == 500
    assert resident.get(reverse("search"), query=MESSAGE).status_code == 500


def mail_server_refuses_to_confirm(resident, monkeypatch):
    def refuse(self, **keywords):
        raise SMTPRecipientsRefused({EMAIL: (550, f"No {EMAIL} here".encode())})

    monkeypatch.setattr(mail.EmailMultiAlternatives, "send", refuse)
    assert follow(resident) == 503


def mistakes(resident, monkeypatch):
    for values in (
        {"email": MESSAGE},
        {"message": MESSAGE * 60},
        {"shown_at": MESSAGE},
        {"website": MESSAGE},
        {"from_path": f"//{EMAIL}/"},
    ):
        assert send_enquiry(resident, **values) in {302, 422}


def page_that_is_not_there(resident, monkeypatch):
    address = f"/{EMAIL}/{POSTCODE}/{TELEPHONE}/"
    assert resident.get(address, query=MESSAGE).status_code == 404


def form_of_another_site(resident, monkeypatch):
    resident.client = Client(enforce_csrf_checks=True)
    assert send_enquiry(resident) == 403


FAULTS = [
    refused_by_the_database,
    faults_in_views,
    mail_server_refuses_to_confirm,
    mistakes,
    page_that_is_not_there,
    form_of_another_site,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_nothing_leaks_where_something_goes_wrong(
    resident, log_text, monkeypatch, fault
):
    fault(resident, monkeypatch)
    assert leaks(resident, log_text()) == {}
    assert log_text() or fault is mistakes


def test_a_leak_is_noticed(resident, log_text):
    """Prove that the tests above look in the right places."""
    resident.get("/")["Location"] = f"/thanks/?email={EMAIL}"
    logging.getLogger("django.request").error("For %s", NAME)
    mail.send_mail(f"From {NAME}", "", None, [EMAIL])
    session = resident.client.session
    session["typed"] = MESSAGE
    session.save()
    LoggedSearch.objects.create(query=NAME, result_count=0)
    found = {"browser", "log", "email", "session", "database"}
    assert leaks(resident, log_text()).keys() == found
    for place in (cache, caches["last_known"]):
        place.set("x", (NAME, "x"))
        assert leaks(resident, "").keys() >= {"cache"}
        place.delete("x")
    assert "cache" not in leaks(resident, "")
    page = CommunityIndexPageFactory(parent=HomePage.objects.get(), title=NAME)
    resident.get(page.url)
    assert leaks(resident, "").keys() >= {"cache"}


def test_without_our_formatter_the_database_would_tell(resident, log_text, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite does not say what it refuses.")
    formatter = logging.getLogger("django").handlers[0].formatter
    monkeypatch.setattr(
        type(formatter), "formatException", logging.Formatter.formatException
    )
    refused_by_the_database(resident, monkeypatch)
    assert signs_in(log_text())
