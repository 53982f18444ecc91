"""`manage.py purge_searches`: forget what people searched for long ago."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from search.log import purge_log


class Command(BaseCommand):
    """Delete old searches from the log."""

    help = (
        "Delete the searches that are older than SEARCH_LOG_DAYS. The site does so "
        "itself at the first search of a day; this is for a site that nobody searches."
    )

    def handle(self, *args, **options):
        """Delete, and say how many there were."""
        self.stdout.write(f"Deleted {purge_log(timezone.now())} searches.")
