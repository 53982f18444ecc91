"""Two people edit one page: the second is warned, and both texts are stored."""

import random
from dataclasses import dataclass, field

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from wagtail import hooks
from wagtail.models import Page
from wagtail.test.utils.form_data import querydict_from_html

from home.editorial.editing import warn_of_concurrent_edit
from tests.factories import StandardPageFactory

FAULT = "two people edit one page"
INTERLEAVINGS = 100
# Enough to see what the test would say.
FEWER = 10
ENDS = ("save", "publish")
TWO = ("Ann", "Bob")

pytestmark = [pytest.mark.faults, pytest.mark.django_db]


@dataclass
class Outcome:
    """What came of the saves of all interleavings."""

    saves: int = 0
    stale: int = 0
    told: int = 0
    told_wrongly: int = 0
    lost: int = 0


@dataclass
class Officer:
    """Someone with the editor open, and what they have saved."""

    name: str
    page: Page
    user: str = ""
    number: int = 0
    client: Client = field(default_factory=Client)
    form: dict = field(default_factory=dict)
    # What Wagtail's script adds to its own requests, and no button does.
    own_version: dict = field(default_factory=dict)
    kept: str = ""
    has_newest: bool = True

    def __post_init__(self):
        user, _ = get_user_model().objects.get_or_create(
            username=self.user or self.name, is_superuser=True
        )
        self.client.force_login(user)
        self.address = reverse("wagtailadmin_pages:edit", args=[self.page.pk])

    def open(self):
        html = self.client.get(self.address).content.decode()
        self.form, self.own_version = self.form_in(html), {}
        self.has_newest = True

    def form_in(self, html: str) -> dict:
        bodies = BeautifulSoup(html, "html.parser").select("[data-controller=w-block]")
        counts = {f"{body['id']}-count": "0" for body in bodies}
        form = querydict_from_html(html, form_id="page-edit-form").dict()
        return {**counts, **form, "minor_edit": "on"}

    def write(self) -> str:
        self.number += 1
        self.form["summary"] = f"{self.name} {self.number}"
        return self.form["summary"]

    def autosave(self) -> tuple[bool, bool]:
        """Let the editor save by itself; return whether it did and whether it told."""
        text = self.write()
        headers = {"accept": "application/json"}
        answer = self.client.post(
            self.address, self.form | self.own_version, headers=headers
        ).json()
        if answer["success"]:
            self.kept = text
            self.own_version = {"overwrite_revision_id": answer["revision_id"]}
            return True, False
        return False, answer["error_code"] == "invalid_revision"

    def save(self, button: str = "") -> tuple[bool, bool]:
        """Press a button; return whether it was saved and whether others are named."""
        self.kept = self.write()
        data = self.form | ({button: "on"} if button else {})
        answer = self.client.post(self.address, data)
        is_saved = answer.status_code == 302
        if is_saved:
            # The editor opens again.
            self.form = {}
        else:
            self.form, self.own_version = self.form_in(answer.content.decode()), {}
        told = " ".join(str(each) for each in get_messages(answer.wsgi_request))
        return is_saved, "after you opened it" in told or "not the latest" in told

    def publish(self) -> tuple[bool, bool]:
        return self.save("action-publish")


def steps_of(name: str, chance: random.Random) -> list[tuple[str, str]]:
    """Return what someone does, in order."""
    saving = chance.choices(["autosave", "save"], [2, 1], k=chance.randrange(3))
    return [(name, step) for step in ["open", *saving, chance.choice(ENDS)]]


def interleave(chance: random.Random, names: tuple) -> list[tuple[str, str]]:
    """Return the steps of all windows, each in order, in a random order together."""
    steps = {name: steps_of(name, chance) for name in names}
    names = [name for name, each in steps.items() for _ in each]
    chance.shuffle(names)
    return [steps[name].pop(0) for name in names]


def play(section, seed: int, outcome: Outcome, names: tuple, user: str) -> None:
    page = StandardPageFactory(parent=section)
    page.save_revision().publish()
    people = {name: Officer(f"{name}{seed}", page, user) for name in names}
    steps = interleave(random.Random(seed), names)
    last = {name: place for place, (name, _) in enumerate(steps)}
    for place, (name, step) in enumerate(steps):
        officer = people[name]
        if step == "open":
            officer.open()
            continue
        is_stale = not officer.has_newest
        is_saved, is_shown = getattr(officer, step)()
        if not is_saved and step != "autosave":
            # They are told, and press the button again.
            is_saved, _ = getattr(officer, step)()
        outcome.saves += 1
        outcome.stale += is_stale
        outcome.told += is_stale and is_shown
        outcome.told_wrongly += is_shown and not is_stale
        if is_saved:
            for other in people.values():
                other.has_newest = other is officer
        if not officer.form and place < last[name]:
            officer.open()
    texts = {revision.content["summary"] for revision in page.revisions.all()}
    outcome.lost += sum(officer.kept not in texts for officer in people.values())


def play_all(section, count: int, names: tuple = TWO, user: str = "") -> Outcome:
    outcome = Outcome()
    for seed in range(count):
        play(section, seed, outcome, names, user)
    return outcome


def words(outcome: Outcome) -> str:
    return (
        f"{outcome.told} of {outcome.stale} told ({outcome.saves} saves), "
        f"{outcome.told_wrongly} told wrongly, {outcome.lost} texts lost"
    )


@pytest.mark.parametrize(
    ("names", "user", "bar"),
    [
        (TWO, "", "the second is told, no text is lost"),
        (("here", "there"), "Ann", "the second of one person's windows is told"),
        (("Ann",), "", "who is alone is told nothing"),
    ],
)
def test_who_saves_over_another_is_told_and_no_one_else(
    section, measured, names, user, bar
):
    outcome = play_all(section, INTERLEAVINGS, names, user)
    measured(FAULT, f"{INTERLEAVINGS} times: {bar}", words(outcome))
    assert outcome.saves > INTERLEAVINGS
    assert outcome.stale == outcome.told
    assert (outcome.told > INTERLEAVINGS / 2) is (len(names) == 2)
    assert outcome.told_wrongly == outcome.lost == 0


def test_without_the_message_some_would_not_be_told(section, measured, monkeypatch):
    registered = hooks._hooks["after_edit_page"]
    others = [each for each in registered if each[0] is not warn_of_concurrent_edit]
    monkeypatch.setitem(hooks._hooks, "after_edit_page", others)
    outcome = play_all(section, FEWER)
    measured(FAULT, "without our message: some are not told", words(outcome))
    assert outcome.told < outcome.stale
