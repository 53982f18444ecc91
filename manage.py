#!/usr/bin/env python
"""Run Django's and the project's commands: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import DatabaseError, ProgrammingError


def main(arguments: list[str]) -> None:
    """Run a command; where something it needs is unavailable, say so in two lines.

    The other lines of a database's error quote what people have written.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockton_cms.settings")
    try:
        execute_from_command_line(arguments)
    except (DatabaseError, OSError) as error:
        if "--traceback" in arguments:
            raise
        reason = str(error).partition("\n")[0]
        # PostgreSQL's error and SQLite's for a missing table.
        is_behind = isinstance(error, ProgrammingError) or "no such" in reason
        advice = ", or run `manage.py migrate`" if is_behind else ""
        sys.exit(
            f"{type(error).__name__}: {reason}\n"
            f"See docs/runbook{advice}; --traceback shows more."
        )


if __name__ == "__main__":
    main(sys.argv)
