"""`manage.py rebuild_search_index`: write the text that search reads again."""

from django.core.management.base import BaseCommand

from search.indexing.receivers import rebuild


class Command(BaseCommand):
    help = (
        "Write the text of all live pages again and read all files that search has not "
        "read yet, after a database was filled without the application or after an "
        "upgrade. Every worker follows at its next search."
    )

    def handle(self, *args, **options):
        pages, files = rebuild()
        self.stdout.write(f"Search has the text of {pages} pages. Files read: {files}.")
