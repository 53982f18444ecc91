"""What the tests of health and metrics share."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.db import OperationalError

from stockton_cms.monitoring import health


@dataclass
class Backup:
    made_at: datetime
    bytes: int = 1
    to: str = "/backups"


@pytest.fixture(autouse=True)
def _asked_at_once(request, monkeypatch):
    """Ask in this thread: others do not see what a test has not committed."""

    def ask(tasks):
        answers = dict.fromkeys(tasks)
        for name, task in tasks.items():
            with suppress(OperationalError):
                answers[name] = task()
        return answers

    if "in_threads" not in request.fixturenames:
        monkeypatch.setattr(health, "call_with_timeout", ask)


@pytest.fixture
def in_threads():
    """Let checks run in threads, as they do."""
