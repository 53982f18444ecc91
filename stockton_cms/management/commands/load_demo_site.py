"""`manage.py load_demo_site`: pages, pictures, alerts and accounts to start with."""

from django.core.management.base import BaseCommand

from stockton_cms.operations.demo.build import build_example_site


class Command(BaseCommand):
    help = (
        "Build the example site, with a staff account for each role. Safe to run "
        "again: a site that is already there is left as it is."
    )

    def handle(self, *args, **options):
        build_example_site(self.stdout)
