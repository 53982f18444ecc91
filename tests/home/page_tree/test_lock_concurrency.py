import os
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from wagtail.models import Page

from tests.factories import CommunityIndexPageFactory
from tests.faults.processes import database_address

PROCESSES = 8
OPERATIONS = 100
FAULT = "tree changed by many at once"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture
def change_at_once(home, tmp_path):
    """Return a function that lets processes change the tree, and says what is wrong."""
    for _ in range(5):
        section = CommunityIndexPageFactory(parent=home)
        for _ in range(8):
            CommunityIndexPageFactory(parent=section)
    get_user_model().objects.create_superuser("admin", "a@example.gov.uk", "password")
    environment = {**os.environ, "TEST_DATABASE_URL": database_address()}
    connection.close()
    worker = [sys.executable, "-m", "tests.home.page_tree.tree_worker"]

    def start(seed, operations, *options):
        # Into a file: a full pipe would stop a process that holds a lock.
        with (tmp_path / f"{seed}.txt").open("w") as output:
            return subprocess.Popen(
                [*worker, str(seed), str(operations), *options],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def change(operations, *options):
        workers = [start(seed, operations, *options) for seed in range(PROCESSES)]
        failures = [
            (tmp_path / f"{seed}.txt").read_text()
            for seed, worker in enumerate(workers)
            if worker.wait(timeout=300)
        ]
        return failures, wrong_places()

    return change


def wrong_places() -> list[str]:
    problems = [str(problem) for problem in Page.find_problems() if problem]
    url_paths = dict(Page.objects.values_list("path", "url_path"))
    for page in Page.objects.filter(depth__gt=2):
        parent_url_path = url_paths.get(page.path[: -Page.steplen], "no parent")
        if page.url_path != f"{parent_url_path}{page.slug}/":
            problems.append(f"{page.path}: {page.url_path}")
    return problems


def test_eight_processes_change_the_tree_at_once_and_it_stays_whole(
    change_at_once, measured
):
    failures, wrong = change_at_once(OPERATIONS)
    measured(
        FAULT,
        f"{PROCESSES} processes x {OPERATIONS} operations: no error, no wrong place",
        f"{len(failures)} processes with errors, {len(wrong)} wrong places "
        f"among {Page.objects.count()} pages",
    )
    assert not failures, "\n".join(failures)
    assert wrong == []


def test_without_the_lock_the_same_changes_go_wrong(change_at_once, measured):
    failures, wrong = change_at_once(OPERATIONS // 4, "--unlocked")
    measured(
        FAULT,
        f"without the lock, {OPERATIONS // 4} operations each: something goes wrong",
        f"{len(failures)} processes with errors, {len(wrong)} wrong places",
    )
    assert failures or wrong
