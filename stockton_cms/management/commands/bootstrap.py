"""`manage.py bootstrap`: get a machine ready to serve the site."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from stockton_cms.operations.demo.build import build_example_site
from stockton_cms.static_files import ReleaseStaticFilesStorage


class Command(BaseCommand):
    help = (
        "Prepare the database, the example site, the sizes of pictures and the static "
        "files. Safe to run again: nothing that was edited is overwritten."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args, port: int, **options):
        stop_if_taken(port)
        self.stdout.write("Preparing the database")
        call_command("migrate", verbosity=0, interactive=False)
        build_example_site(self.stdout)
        call_command("generate_renditions", stdout=self.stdout)
        if not settings.DEBUG and static_files_are_old():
            self.stdout.write("Collecting static files")
            call_command("collectstatic", verbosity=0, interactive=False)
        site = urlsplit(settings.WAGTAILADMIN_BASE_URL)
        is_here = site.hostname in {"127.0.0.1", "localhost"}
        address = f"http://127.0.0.1:{port}" if is_here else site.geturl()
        self.stdout.write(
            f"\nThe site:  {address}/\n"
            f"The admin: {address}/admin/\n"
            "Sign in with a name and password shown when the example site was built; "
            "for a new password: .venv/bin/python manage.py changepassword "
            "administrator\nStop with Ctrl+C.\n"
        )


def stop_if_taken(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise CommandError(
                f"Port {port} is taken by another program; choose another one with "
                f"`make run PORT={port + 1}`."
            )


def static_files_are_old() -> bool:
    manifest = Path(settings.STATIC_ROOT) / ReleaseStaticFilesStorage.manifest_name
    # The time of the change on this disk: packages keep the file times of their makers.
    collected_at = manifest.stat().st_ctime if manifest.exists() else 0
    return any(
        Path(storage.path(name)).stat().st_ctime > collected_at
        for finder in get_finders()
        for name, storage in finder.list([])
    )
