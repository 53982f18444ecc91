"""Asks for an address as someone, says what came of it, and undoes it."""

import re
from dataclasses import dataclass
from http.cookies import SimpleCookie

from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

WRITES = re.compile(
    r'^\s*(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM) "(\w+)"', re.IGNORECASE
)
LET_IN, REFUSED, NOT_THERE, BROKEN = "let in", "refused", "not there", "broken"
WRONG_METHOD = "wrong method"


@dataclass(frozen=True)
class Answer:
    outcome: str
    status: int
    writes: frozenset[str]
    location: str = ""
    text: str = ""


class Asking:
    def __init__(self, user):
        self.client = Client(raise_request_exception=False)
        if user:
            self.client.force_login(user)
        self.cookies = {key: each.value for key, each in self.client.cookies.items()}
        self.tables = set()

    def ask(self, method: str, path: str, form: dict) -> Answer:
        """Return the answer; whatever the request changed is undone."""
        self.client.cookies = SimpleCookie(self.cookies)
        self.tables.clear()
        send = self.client.post if method == "POST" else self.client.get
        with transaction.atomic(), connection.execute_wrapper(self._note):
            response = send(path, form if method == "POST" else None)
            body = b"".join(response) if response.streaming else response.content
            transaction.set_rollback(True)
        location = response.headers.get("Location", "")
        outcome, tables = _outcome(response), frozenset(self.tables)
        text = f"{location} {body.decode(errors='replace')}".lower()
        return Answer(outcome, response.status_code, tables, location, text)

    def _note(self, execute, sql, *rest):
        if found := WRITES.match(sql):
            self.tables.add(found.group(1))
        return execute(sql, *rest)


def _outcome(response) -> str:
    if response.status_code >= 500:
        return BROKEN
    if response.status_code in {401, 403}:
        return REFUSED
    if response.status_code in {404, 405}:
        return NOT_THERE if response.status_code == 404 else WRONG_METHOD
    location = response.headers.get("Location", "")
    # Wagtail's own address for signing in leads to ours.
    if location.startswith((reverse("account_login"), reverse("wagtailadmin_login"))):
        return REFUSED
    said = [str(each) for each in get_messages(response.wsgi_request)]
    return (
        REFUSED
        if any("you do not have permission" in each for each in said)
        else LET_IN
    )
