"""`manage.py write_error_page`: for when the application is away."""

from django.core.management.base import BaseCommand

from stockton_cms.maintenance_page import write_error_page


class Command(BaseCommand):
    """Write the page that nginx shows while the application does not answer."""

    help = (
        "Write the page that nginx shows while the application does not answer. The "
        "jobs do it too, on the machine where they run."
    )

    def handle(self, *args, **options):
        """Write it, and say where."""
        self.stdout.write(f"The page is in {write_error_page()}.")
