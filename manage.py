#!/usr/bin/env python
"""Run Django's and the project's commands: `python manage.py help` lists them."""

import logging
import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError


def main(arguments: list[str]) -> None:
    """Run a command; report an unavailable service without a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockton_cms.settings")
    # It repeats each attempt to connect; we say it once.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    try:
        execute_from_command_line(arguments)
    except (OperationalError, ProgrammingError, OSError) as error:
        if "--traceback" in arguments:
            raise
        from stockton_cms.operations.cli_errors import explain

        sys.exit(explain(error))


if __name__ == "__main__":
    main(sys.argv)
