"""`manage.py seed_pages`: many pages, for measuring."""

from django.core.management.base import BaseCommand, CommandError

from home.models import HomePage
from stockton_cms.operations.seed_pages import FEWEST_PAGES, seed_pages


class Command(BaseCommand):
    help = (
        "Add pages for measuring, in a section of their own below the home page. Not "
        "for a site that residents use."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "number", type=int, help=f"how many pages, {FEWEST_PAGES} or more"
        )
        parser.add_argument(
            "--pictures", action="store_true", help="give each page a picture"
        )

    def handle(self, *args, number: int, pictures: bool, **options):
        home = HomePage.objects.first()
        if home is None:
            raise CommandError("There is no home page yet: run load_demo_site first.")
        try:
            section = seed_pages(number, home, self.stdout, has_pictures=pictures)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Added {number:,} pages below {section.full_url}")
