"""Whole sessions, sent again as a browser sent them: who is warned of what.

`recorded_editing.json` is written by tests/browser/test_editing_windows.py.
"""

import json
import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.test import Client
from wagtail import hooks
from wagtail.models import Revision

from home.editorial.editing import record_version
from tests.factories import PolicyUpdatePageFactory

RECORDED = json.loads(
    Path(__file__).with_name("recorded_editing.json").read_text("utf-8")
)
WARNED = {"second_person", "second_window_of_the_same_person"}
LOADED = ("loaded_revision_id", "loaded_revision_created_at")


class Replay:
    """Sends a recorded session to a page of this database."""

    def __init__(self, target, section):
        self.target, self.section = target, section
        self.clients, self.forms, self.revisions, self.names = {}, {}, {}, {}
        self.warnings = []

    def client_of(self, window: str) -> Client:
        role = window.rpartition(" ")[0]
        if role not in self.clients:
            self.clients[role] = Client()
            user, _ = get_user_model().objects.get_or_create(
                username=role, is_superuser=True
            )
            self.clients[role].force_login(user)
        return self.clients[role]

    def play(self, requests: list[dict]) -> list[str]:
        for request in requests:
            window = request["window"]
            if "opens" in request:
                self.forms[window] = self.state()
            else:
                self.send(window, request)
        return self.warnings

    def state(self) -> dict:
        """Return what an editor that is opened now says of the newest version."""
        target = self.target and type(self.target).objects.get(pk=self.target.pk)
        revision = target and target.latest_revision
        if not revision:
            return {}
        loaded = (revision.pk, revision.created_at.isoformat())
        return dict(zip(LOADED, loaded, strict=True))

    def send(self, window: str, request: dict) -> None:
        fields = dict(request["fields"])
        name = fields["editing_window"]
        if self.names.setdefault(window, name) != name:
            # The editor was opened again after a save.
            self.names[window] = name
            self.forms[window] = self.state()
        form = self.forms[window]
        fields |= {name: form[name] for name in LOADED if name in fields}
        if fields.get("version_opened"):
            fields["version_opened"] = form[LOADED[1]]
        if "overwrite_revision_id" in fields:
            recorded = int(fields["overwrite_revision_id"])
            fields["overwrite_revision_id"] = self.revisions[recorded]
        answer = request.get("answer")
        headers = {"accept": "application/json"} if answer else {}
        address = self.address(request["path"])
        response = self.client_of(window).post(address, fields, headers=headers)
        if answer:
            self.note(window, answer, response.json())
            return
        assert response.status_code == 302
        said = [str(each) for each in get_messages(response.wsgi_request)]
        self.warnings += [each for each in said if "after you opened" in each]

    def address(self, path: str) -> str:
        path = re.sub(r"(pages/add/\w+/\w+)/\d+/", rf"\1/{self.section.pk}/", path)
        pk = self.target and self.target.pk
        return re.sub(r"/\d+(?=/edit/)|(?<=/edit)/\d+", f"/{pk}", path)

    def note(self, window: str, recorded: dict, answer: dict) -> None:
        """Remember what the editor does with the answer to its own saving."""
        assert answer["success"] == recorded["success"]
        if not answer["success"]:
            return
        revision = Revision.objects.get(pk=answer["revision_id"])
        self.target = self.target or revision.content_object
        self.revisions[recorded["revision_id"]] = revision.pk
        loaded = zip(LOADED, (revision.pk, answer["revision_created_at"]), strict=True)
        # A page that has just been made gets these fields with the answer.
        self.forms[window] = self.forms[window] or dict(loaded)


@pytest.mark.parametrize("session", RECORDED)
def test_only_who_had_another_version_saved_beside_them_is_warned(section, session):
    requests = RECORDED[session]
    target = None
    if "pages" in requests[0]["opens"] and "/add/" not in requests[0]["opens"]:
        target = PolicyUpdatePageFactory(parent=section)
        target.save_revision().publish()
    warnings = Replay(target, section).play(requests)
    assert len(warnings) == (session in WARNED)


def test_without_windows_ones_own_versions_would_be_warned_of(section, monkeypatch):
    """The control: it is what is put down to the window that tells them apart."""
    for name, registered in hooks._hooks.items():
        if name.startswith("after_"):
            others = [each for each in registered if each[0] is not record_version]
            monkeypatch.setitem(hooks._hooks, name, others)
    policy = PolicyUpdatePageFactory(parent=section)
    policy.save_revision().publish()
    session = RECORDED["page_is_saved_and_published"]
    assert len(Replay(policy, section).play(session)) > 1
