"""`manage.py smoke_test PORT`: see whether a release works, before visitors do."""

import re
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

# What a page shows in its main part where it really answers, and with which status.
PAGES = {
    "/": (200, "<h1"),
    "/search/?query=council": (200, 'value="council"'),
    "/cant-find-it/": (200, 'name="message"'),
    "/account/login/": (200, 'type="password"'),
    "/nowhere/": (404, "<h1"),
}
# What search says while it can only look in titles.
SEARCH_FAILS = "Search is not fully working"
STATIC_FILE = re.compile(r'(?:href|src)="/static/([^"?#]+)')


class Command(BaseCommand):
    help = (
        "Try this release on a port of this machine before visitors get it: the "
        "database is migrated, pages answer, and their static files are there."
    )

    def add_arguments(self, parser):
        parser.add_argument("port", type=int)
        parser.add_argument("--seconds", type=float, default=60)

    def handle(self, *args, port: int, seconds: float, **options):
        try:
            call_command("migrate", check_unapplied=True, verbosity=0)
        except SystemExit as error:
            raise CommandError(
                "This release has migrations that are not applied: run migrate first."
            ) from error
        wait_until_ready(port, time.monotonic() + seconds)
        for path, (expected, content) in PAGES.items():
            status, text = ask(port, path)
            if status != expected:
                raise CommandError(f"{path} answers {status}: see the log above.")
            if content not in text or SEARCH_FAILS in text:
                raise CommandError(f"{path} does not show what it should.")
            for name in STATIC_FILE.findall(text):
                if not (Path(settings.STATIC_ROOT) / name).exists():
                    raise CommandError(f"{path} names {name}: run collectstatic.")
        self.stdout.write(f"Tried {len(PAGES)} pages: all is well.")


def wait_until_ready(port: int, deadline: float) -> None:
    """Return once it answers; raise `CommandError` where it does not in time."""
    while True:
        try:
            if ask(port, "/-/ready")[0] == 200:
                return
        except (OSError, HTTPException):
            pass  # It is still starting.
        if time.monotonic() > deadline:
            raise CommandError("It does not get ready: see the log above.")
        time.sleep(0.2)


def ask(port: int, path: str) -> tuple[int, str]:
    """Return the status and the text of an answer, as asked through our nginx."""
    host = settings.ALLOWED_HOSTS[0].removeprefix("*").removeprefix(".") or "localhost"
    headers = {"Host": host, "X-Forwarded-Proto": "https" if settings.HTTPS else "http"}
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
