"""`manage.py reindex_links`: read the links of all live pages again."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from home.editorial.links.index import reindex_links


class Command(BaseCommand):
    help = (
        "Read the links of all live pages again for the report of broken links, after "
        "a database was filled without the application or after an upgrade."
    )

    def handle(self, *args, **options):
        count = reindex_links(timezone.now())
        self.stdout.write(f"Pages whose links have been read: {count:,}.")
