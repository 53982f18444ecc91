"""`manage.py run_jobs`: what is to be done by the clock."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from home.jobs import run_due_jobs


class Command(BaseCommand):
    """Run the jobs that the apps have registered."""

    help = (
        "Publish what is scheduled, send reminders and forget old searches. Run it "
        "every minute; it does nothing while another one is still running."
    )

    # They take longer than the jobs, which run every minute.
    requires_system_checks = []

    def handle(self, *args, **options):
        """Run them, and end with an error where one has failed."""
        if failed := run_due_jobs(timezone.now()):
            raise CommandError(f"Failed, as the log says: {', '.join(failed)}.")
