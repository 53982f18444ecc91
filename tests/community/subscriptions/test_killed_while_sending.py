"""The sender is killed at random times: each subscriber gets exactly one email.

Except for what the server accepted during a kill: at most one duplicate each.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter

import pytest
from django.db import connection

from home.notifications.outbox import Notification
from tests.community.subscriptions.people import change, people, published_policy
from tests.faults.processes import ROOT, database_address
from tests.home.notifications.smtp import smtp_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
PEOPLE, KILLS = 2_000, 20


@pytest.fixture
def everyone(section):
    page = published_policy(section)
    people(PEOPLE, page)
    change(page)
    assert Notification.objects.count() == PEOPLE
    connection.close()


def start(server, *options):
    environment = {
        **os.environ,
        "TEST_DATABASE_URL": database_address(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SENDER_PORT": str(server.port),
    }
    command = [sys.executable, "-m", "tests.community.subscriptions.sender", *options]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def kill_now_and_then(server, *options):
    """Kill the sender repeatedly while it sends; then let it finish.

    Returns how many emails the server accepted for each address.
    """
    chance = random.Random(9)
    for _ in range(KILLS):
        had = len(server.accepted)
        process = start(server, *options)
        more = chance.randint(1, PEOPLE // KILLS - 10)
        while len(server.accepted) < had + more:
            assert process.poll() is None
            time.sleep(0.001)
        time.sleep(chance.random() / 50)
        process.kill()
        process.wait()
    assert start(server, *options).wait(timeout=300) == 0
    return Counter(server.addresses)


def test_everyone_has_one_email_but_for_a_double_a_kill(everyone):
    with smtp_server() as server:
        counts = kill_now_and_then(server)
    doubles = sum(counts.values()) - PEOPLE
    lost = PEOPLE - len(counts)
    print(f"{KILLS} kills: {doubles} of {PEOPLE} sent twice, {lost} lost")
    assert lost == 0
    assert max(counts.values()) <= 2
    assert doubles <= KILLS
    states = Notification.objects.values_list("state", flat=True).distinct()
    assert list(states) == ["sent"]


def test_without_marking_many_have_more_than_one(everyone):
    with smtp_server() as server:
        counts = kill_now_and_then(server, "unmarked")
    doubles = sum(counts.values()) - PEOPLE
    print(f"{KILLS} kills without marking: {doubles} of {PEOPLE} sent twice")
    assert doubles > KILLS
