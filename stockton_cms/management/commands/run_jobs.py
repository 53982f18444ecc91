"""`manage.py run_jobs`: what is to be done by the clock."""

import signal
from threading import Event

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from home.jobs import run_due_jobs, run_jobs_until, run_long_jobs


class Command(BaseCommand):
    help = (
        "Publish what is scheduled, send reminders and purge expired data. Run it "
        "every minute, or once with --forever; it does nothing while another one "
        "is running."
    )

    # They take longer than the jobs, which run every minute.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--forever",
            action="store_true",
            help="Go on until stopped, and publish what is scheduled to the second.",
        )

    def handle(self, *args, forever=False, **options):
        if forever:
            run_jobs_until(stopped_by_signal())
            return
        now = timezone.now()
        # What takes long comes last, and for half a minute at most.
        failed = [*run_due_jobs(now), *run_long_jobs(now)[0]]
        if failed:
            raise CommandError(f"Failed, as the log says: {', '.join(failed)}.")


def stopped_by_signal() -> Event:
    """Return an event that is set by a signal to stop."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *arguments: stop.set())
    return stop
