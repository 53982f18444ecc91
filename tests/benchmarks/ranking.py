"""Makes pages of a search test set and prints, as JSON, what each query finds."""

import json
import sys
from pathlib import Path

import django


def load(path: Path) -> list[dict]:
    """Return the objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def main(folder: Path) -> None:
    """Migrate an empty database, add the pages, search for each of the queries."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    ids = add_pages(load(folder / "corpus.jsonl"))
    print(json.dumps(find(load(folder / "queries.jsonl"), ids)))


def add_pages(documents: list[dict]) -> dict[int, str]:
    """Publish a page for each document; return the documents' ids by page id."""
    from django.utils.text import slugify
    from wagtail.models import Page, Site

    from community.models import CommunityIndexPage
    from home.models import HomePage, StandardPage

    home = Page.objects.get(depth=1).add_child(
        instance=HomePage(title="Test set", slug="test-set")
    )
    Site.objects.update(root_page=home)
    section = home.add_child(instance=CommunityIndexPage(title="All", slug="all"))
    ids = {}
    for number, document in enumerate(documents):
        body = f"<p>{document['body']}</p>".replace("&", "&amp;")
        page = StandardPage(
            title=document["title"][:255],
            slug=f"{number}-{slugify(document['title'])[:100]}",
            summary=document["summary"][:200],
            body=json.dumps([{"type": "text", "value": body}]),
        )
        ids[section.add_child(instance=page).pk] = document["id"]
    return ids


def find(queries: list[dict], ids: dict[int, str]) -> dict[str, list[str]]:
    """Return the ids of all documents that each query shows, best first.

    First as the first page of results shows them, with what it adds where little was
    found; then as the index goes on.
    """
    from django.utils import timezone
    from wagtail.models import Page, Site

    from home.page_tree.addresses import public_path
    from search.engine.filters import SearchRequest
    from search.engine.index import page_index
    from search.engine.ranking import WINDOW
    from search.engine.results import get_results
    from search.indexing.documents import pages_among

    root, at = Site.objects.get().root_page, timezone.now()
    pages = Page.objects.in_bulk(list(ids))
    id_of = {public_path(pages[pk].url_path, root): ids[pk] for pk in ids}
    shown = {}
    for query in queries:
        page = get_results(SearchRequest(query["query"]), root, at)
        results = [*page.results, *page.related, *page.closest]
        first = [id_of[result.href] for result in results if result.href in id_of]
        keys = [
            key
            for number in range(1, len(ids) // WINDOW + 2)
            for key in page_index.search(
                SearchRequest(query["query"], page=number), at, WINDOW
            ).keys
        ]
        found = [ids[pk] for pk in pages_among(keys) if pk in ids]
        shown[query["query"]] = list(dict.fromkeys([*first, *found]))
    return shown


if __name__ == "__main__":
    main(Path(sys.argv[1]))
