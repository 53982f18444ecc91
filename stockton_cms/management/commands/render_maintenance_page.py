"""`manage.py render_maintenance_page`: for when the application is unavailable."""

from django.core.management.base import BaseCommand

from stockton_cms.error_pages import render_maintenance_page


class Command(BaseCommand):
    help = (
        "Write the page that nginx shows while the application does not answer. The "
        "jobs do it too, on the machine where they run."
    )

    def handle(self, *args, **options):
        self.stdout.write(f"The page is in {render_maintenance_page()}.")
