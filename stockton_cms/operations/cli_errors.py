"""What a command says where the database, a file or a server is unavailable."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import SuspiciousOperation
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from stockton_cms.operations.backup.archive import ArchiveError
from stockton_cms.operations.backup.delivery import NotDeliveredError, PublicPlaceError
from stockton_cms.operations.backup.lock import AlreadyRunning
from stockton_cms.operations.backup.swap import SiteRunsError


def explain(error: Exception) -> str:
    """Return what is wrong and where to look, in two lines."""
    if not isinstance(error, OSError):
        reason = f"The database cannot be used: {why(error)}"
        advice = (
            "Check DATABASE_URL, and see docs/runbook/database-unavailable.md. If a "
            "table or column is missing, run `manage.py migrate`."
        )
    elif error.filename:
        reason = f"A file cannot be used: {error}"
        advice = "Run this as the site's own user; look at DATA_DIR and its disk."
    else:
        reason = f"A server does not answer as it should: {type(error).__name__}: "
        reason += why(error)
        advice = "Look at its address in the settings, and whether it runs."
    return f"{reason}\n{advice} --traceback shows more."


def why(error: Exception) -> str:
    """Return the first line of an error; where the pool gave up, what the server says.

    The other lines of a database's error quote what people have written.
    """
    if isinstance(error.__cause__, PoolTimeout):
        try:
            connection.Database.connect(**connection.get_connection_params()).close()
        except OperationalError as reason:
            error = reason
    return str(error).partition("\n")[0]


FAILED, REFUSED, NOT_DELIVERED = 1, 3, 4
FAILURES = (
    *(AlreadyRunning, SiteRunsError, PublicPlaceError, OSError, DatabaseError),
    *(BotoCoreError, ClientError, SuspiciousOperation),
)


@contextmanager
def report_errors(before: str = "", after: str = "") -> Iterator[None]:
    """Turn what can go wrong into one line and an exit code."""
    try:
        yield
    except ArchiveError as error:
        raise CommandError(f"{error} {after}".strip(), returncode=REFUSED) from error
    except NotDeliveredError as error:
        raise CommandError(
            f"The backup is made, but has not arrived: {error} "
            "The same command goes on with it.",
            returncode=NOT_DELIVERED,
        ) from error
    except FAILURES as error:
        raise CommandError(f"{before} {why(error)} {after}".strip()) from error
