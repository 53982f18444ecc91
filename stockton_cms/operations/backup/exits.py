"""How the commands for backups end where something went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import SuspiciousOperation
from django.core.management.base import CommandError
from django.db import DatabaseError

from stockton_cms.command_errors import why
from stockton_cms.operations.backup.archive import ArchiveError
from stockton_cms.operations.backup.exchange import SiteRunsError
from stockton_cms.operations.backup.lock import AlreadyRunning
from stockton_cms.operations.backup.outgoing import NotDeliveredError, PublicPlaceError

FAILED, REFUSED, NOT_DELIVERED = 1, 3, 4
FAILURES = (
    *(AlreadyRunning, SiteRunsError, PublicPlaceError, OSError, DatabaseError),
    *(BotoCoreError, ClientError, SuspiciousOperation),
)


@contextmanager
def errors_said(before: str = "", after: str = "") -> Iterator[None]:
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
