"""A save whose process is killed at any moment is whole, or was never begun."""

import os
import signal
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter
from wagtail.models import Page

from tests.factories import CommunityIndexPageFactory, StandardPageFactory
from tests.faults.saved import TABLES, state_of

FAULT = "save killed half-way"
MOMENTS = 20
SECONDS = 60

pytestmark = [
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def in_another_process(work: Callable[[], int]) -> int | None:
    """Do some work in a copy of this process; return its answer, None if killed."""
    connection.close()
    if connection.vendor == "postgresql":
        # Its threads are not copied.
        connection.close_pool()
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        signal.alarm(SECONDS)
        try:
            os.write(write, str(work()).encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(process, 0)
    assert answer or os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    return int(answer) if answer else None


class Officer:
    """Publishes a page in the admin, each time with another name, address and link."""

    def __init__(self, client, read_form, page):
        self.client, self.read_form, self.page = client, read_form, page
        self.address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        self.number = 0

    def save(self, kill_after: int | None = None) -> tuple[dict, dict, int | None]:
        """Save, or be killed after so many statements.

        Returns what was there before and after, and how many statements it took.
        """
        self.number += 1
        name = f"Save {self.number}"
        html = f'<p><a href="https://example.org/{self.number}">{name}</a></p>'
        form = self.read_form(self.address) | {
            "title": name,
            "slug": f"save-{self.number}",
            "introduction": ContentstateConverter(["link"]).from_database_format(html),
            "change_note": name,
            "action-publish": "Publish",
        }
        before = state_of(self.page)
        statements = in_another_process(lambda: self._post(form, kill_after))
        return before, state_of(self.page), statements

    def _post(self, form: dict, kill_after: int | None) -> int:
        statements = 0

        def count(execute, *arguments):
            nonlocal statements
            result = execute(*arguments)
            statements += 1
            if statements == kill_after:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        with connection.execute_wrapper(count):
            assert self.client.post(self.address, form).status_code == 302
        if kill_after:
            # Before anyone was told that it is saved.
            os.kill(os.getpid(), signal.SIGKILL)
        return statements

    def is_whole(self, state: dict, before: dict, growth: dict) -> bool:
        """Say whether a state is that after the last save."""
        name, address = f"Save {self.number}", f"save-{self.number}"
        return (
            state["title, address"][:2] == state["draft"] == (name, address)
            and state["address below"].startswith(state["title, address"][2])
            and state["draft is live"]
            and (state["search"], state["links"]) == (name, [name])
            and growth == grown(before, state)
        )


def grown(before: dict, after: dict) -> dict:
    """Return by how much a save has raised what is counted."""
    counted = ["version", *(model.__name__ for model in TABLES)]
    return {name: after[name] - before[name] for name in counted}


@pytest.fixture
def officer(section, admin_client, admin_form):
    page = CommunityIndexPageFactory(parent=section, title="Before", slug="before")
    page.save_revision().publish()
    StandardPageFactory(parent=page)
    return Officer(admin_client, admin_form, page)


def kill_at_moments(officer) -> dict[str, int]:
    """Kill saves at moments from the first statement to the end; count outcomes."""
    officer.save()
    before, after, statements = officer.save()
    growth = grown(before, after)
    assert officer.is_whole(after, before, growth)
    outcomes = {"never begun": 0, "whole": 0, "half": 0}
    for moment in range(MOMENTS):
        kill_after = 1 + moment * statements // (MOMENTS - 1)
        before, after, answer = officer.save(kill_after)
        assert answer is None, "It was not killed."
        if after == before:
            outcomes["never begun"] += 1
        else:
            outcomes[
                "whole" if officer.is_whole(after, before, growth) else "half"
            ] += 1
    return outcomes


def words(outcomes: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in outcomes.items())


def test_save_is_whole_or_was_never_begun(officer, measured):
    outcomes = kill_at_moments(officer)
    before, after, _ = officer.save()
    measured(FAULT, f"killed at {MOMENTS} moments: none half saved", words(outcomes))
    assert outcomes["half"] == 0
    assert outcomes["never begun"] > 0 < outcomes["whole"]
    # Whatever was locked is free again.
    assert officer.is_whole(after, before, grown(before, after))
    assert not any(Page.find_problems())


def test_without_one_transaction_some_are_half_saved(officer, measured, monkeypatch):
    monkeypatch.setattr("home.page_tree.lock.tree_lock", nullcontext)
    # PostgreSQL locks rows in a transaction only.
    monkeypatch.setattr(QuerySet, "select_for_update", QuerySet.all)
    outcomes = kill_at_moments(officer)
    measured(FAULT, "without the one transaction: some are half saved", words(outcomes))
    assert outcomes["half"] > 0
