"""How well search finds: `python -m tests.benchmarks.search_quality FOLDER`.

FOLDER holds a search test set: `corpus.jsonl`, queries and `evaluate.py`, which scores.
Its documents become pages of a new site on SQLite and on PostgreSQL, with the synonyms
that every new site has. Exits with 1 when a bar is missed or the two databases do not
give the same ranking to the last place.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import django

from tests.run import postgresql
from tests.servers import site_environment

ALL = "all"
# nDCG@10 by file of queries and kind of query. What `queries-bodies.jsonl` asks is only
# answered in the bodies of pages.
BARS = {
    "queries.jsonl": {
        "misspelling": 0.84,
        "plural": 0.82,
        "question": 0.74,
        "resident-words": 0.62,
        ALL: 0.73,
    },
    "queries-bodies.jsonl": {"resident-words": 0.55, ALL: 0.68},
}
# Before bodies counted as much as they do now.
EARLIER = {"queries.jsonl": 0.744, "queries-bodies.jsonl": 0.650}
MAX_WITHOUT_RESULTS = 0.005
DATABASES = ("SQLite", "PostgreSQL")
# Asks for a ranking alone.
RANK = "--rank"


def main(folder: Path) -> int:
    """Measure on both databases, print the figures; return 1 when a bar is missed."""
    rankings = {}
    with tempfile.TemporaryDirectory() as site, postgresql() as address:
        for database in DATABASES:
            print(f"Making pages of the test set on {database}", flush=True)
            environment = site_environment(Path(site) / database)
            if database == "PostgreSQL":
                environment["DATABASE_URL"] = address
            rankings[database] = rank(environment, folder)
    same = len({json.dumps(ranking) for ranking in rankings.values()}) == 1
    print(f"Same ranking on both to the last place: {'yes' if same else 'NO'}")
    return int(not all([print_scores(folder, rankings["SQLite"]), same]))


def rank(environment: dict, folder: Path) -> dict[str, list[str]]:
    """Return the document ids that each query finds, from a process of its own."""
    command = [sys.executable, "-m", __spec__.name, RANK, str(folder)]
    answer = subprocess.run(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(answer.stdout)


def print_scores(folder: Path, ranking: dict[str, list[str]]) -> bool:
    """Print the scores beside their bars; say whether all are reached."""
    spec = importlib.util.spec_from_file_location("evaluate", folder / "evaluate.py")
    evaluate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluate)
    reached, all_rows = [], []
    for name, bars in BARS.items():
        queries = evaluate.load(folder / name)
        rows = evaluate.evaluate(ranking.__getitem__, queries)
        all_rows += rows
        groups = {**evaluate.groups(rows), ALL: evaluate.summary(rows)}
        print(f"nDCG@10 of {name}, {EARLIER[name]:.3f} earlier")
        for kind, scores in groups.items():
            reached.append(print_score(kind, scores["ndcg"], bars.get(kind, 0)))
    nothing = [row["query"] for row in all_rows if row["zero"]]
    share = len(nothing) / len(all_rows)
    is_low = share <= MAX_WITHOUT_RESULTS
    print(
        f"{'Nothing found':16} {share:.1%}, at most {MAX_WITHOUT_RESULTS:.1%}"
        f"{'' if is_low else ' MISSED'}: {', '.join(nothing) or 'none'}"
    )
    return all([*reached, is_low])


def print_score(name: str, score: float, bar: float) -> bool:
    """Print a score beside its bar; say whether it is reached."""
    is_reached = score >= bar
    missed = "" if is_reached else " MISSED"
    print(f"{name:16} {score:.3f}, at least {bar:.2f}{missed}")
    return is_reached


def print_ranking(folder: Path) -> None:
    """Migrate an empty database, add the pages, print as JSON what queries find."""
    django.setup()
    from django.core.management import call_command

    def load(name: str) -> list[dict]:
        lines = (folder / name).read_text().splitlines()
        return [json.loads(line) for line in lines if line]

    call_command("migrate", verbosity=0)
    ids = add_pages(load("corpus.jsonl"))
    queries = [query for name in BARS for query in load(name)]
    print(json.dumps(find(queries, ids)))


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
    if RANK in sys.argv:
        print_ranking(Path(sys.argv[-1]))
    else:
        sys.exit(main(Path(sys.argv[1])))
