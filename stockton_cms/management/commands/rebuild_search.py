"""`manage.py rebuild_search`: write the text that search reads anew."""

from django.core.management.base import BaseCommand

from search.extract import rebuild


class Command(BaseCommand):
    """Read all live pages into search documents again."""

    help = (
        "Write the search documents of all live pages anew, after a database was "
        "filled without the application. Every worker follows at its next search."
    )

    def handle(self, *args, **options):
        """Rebuild, and say how many pages there are."""
        self.stdout.write(f"Search has the text of {rebuild()} pages.")
