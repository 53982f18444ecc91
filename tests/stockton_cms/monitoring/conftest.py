"""Lets health be asked in the thread of a test."""

import pytest
from django.db import OperationalError

from stockton_cms.monitoring import health, health_checks


@pytest.fixture(autouse=True)
def _asked_at_once(request, monkeypatch):
    """Ask in this thread: others do not see what a test has not committed."""

    def ask(tasks):
        answers = {}
        for name, task in tasks.items():
            try:
                answers[name] = task()
            except OperationalError:
                pass
        return answers

    if "in_threads" not in request.fixturenames:
        monkeypatch.setattr(health, "call_with_timeout", ask)
        monkeypatch.setattr(health_checks, "call_with_timeout", ask)


@pytest.fixture
def in_threads():
    """Let checks run in threads, as they do."""
