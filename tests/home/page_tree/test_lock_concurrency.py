import os
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from wagtail.models import Page, Site

from tests.factories import CommunityIndexPageFactory, HomePageFactory
from tests.faults.processes import database_address

PROCESSES = 8
OPERATIONS = 100

pytestmark = [
    pytest.mark.slow,
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture
def tree():
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root")
    Page.objects.filter(depth=2).delete()
    root.refresh_from_db()
    home = HomePageFactory(parent=root)
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "localhost", "root_page": home}
    )
    for _ in range(5):
        section = CommunityIndexPageFactory(parent=home)
        for _ in range(8):
            CommunityIndexPageFactory(parent=section)
    get_user_model().objects.create_superuser("admin", "a@example.gov.uk", "password")
    return home


def change_at_once(folder, operations: int, *options: str) -> list[str]:
    environment = {**os.environ, "TEST_DATABASE_URL": database_address()}
    connection.close()
    workers = []
    for seed in range(PROCESSES):
        # Into a file: a full pipe would stop a process that holds a lock.
        output = (folder / f"{seed}.txt").open("w+")
        command = [sys.executable, "-m", "tests.home.page_tree.tree_worker", str(seed)]
        worker = subprocess.Popen(
            [*command, str(operations), *options],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        workers.append((worker, output))
    failures = []
    for worker, output in workers:
        if worker.wait(timeout=300):
            output.seek(0)
            failures.append(output.read())
        output.close()
    return failures


def wrong_places() -> list[str]:
    problems = [str(problem) for problem in Page.find_problems() if problem]
    url_paths = dict(Page.objects.values_list("path", "url_path"))
    for page in Page.objects.filter(depth__gt=2):
        parent_url_path = url_paths.get(page.path[: -Page.steplen], "no parent")
        if page.url_path != f"{parent_url_path}{page.slug}/":
            problems.append(f"{page.path}: {page.url_path}")
    return problems


FAULT = "tree changed by many at once"


def test_eight_processes_change_the_tree_at_once_and_it_stays_whole(
    tree, tmp_path, measured
):
    failures = change_at_once(tmp_path, OPERATIONS)
    wrong = wrong_places()
    measured(
        FAULT,
        f"{PROCESSES} processes x {OPERATIONS} operations: no error, no wrong place",
        f"{len(failures)} processes with errors, {len(wrong)} wrong places "
        f"among {Page.objects.count()} pages",
    )

    assert not failures, "\n".join(failures)
    assert wrong == []


def test_without_the_lock_the_same_changes_go_wrong(tree, tmp_path, measured):
    failures = change_at_once(tmp_path, OPERATIONS // 4, "--unlocked")
    wrong = wrong_places()
    measured(
        FAULT,
        f"without the lock, {OPERATIONS // 4} operations each: something goes wrong",
        f"{len(failures)} processes with errors, {len(wrong)} wrong places",
    )

    assert failures or wrong
