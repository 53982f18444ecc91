"""How well search finds: `python -m tests.benchmarks.search_quality FOLDER`.

FOLDER holds a search test set: `corpus.jsonl`, `queries.jsonl` and `evaluate.py`, which
scores. Its documents become pages of a new site on SQLite and on PostgreSQL, with the
synonyms that every new site has. Exits with 1 when a bar is missed or the two databases
do not give the same ranking to the last place.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.run import postgresql
from tests.servers import site_environment

# nDCG@10 by kind of query, and of all of them.
BARS = {
    "misspelling": 0.84,
    "plural": 0.82,
    "question": 0.74,
    "resident-words": 0.60,
}
BAR_OF_ALL = 0.70
MAX_WITHOUT_RESULTS = 0.006
DATABASES = ("SQLite", "PostgreSQL")


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
    command = [sys.executable, "-m", "tests.benchmarks.ranking", str(folder)]
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
    queries = evaluate.load(folder / "queries.jsonl")
    rows = evaluate.evaluate(ranking.__getitem__, queries)
    reached = []
    for kind, scores in evaluate.groups(rows).items():
        reached.append(
            print_score(f"nDCG@10 {kind}", scores["ndcg"], BARS.get(kind, 0))
        )
    scores = evaluate.summary(rows)
    reached.append(print_score("nDCG@10 all", scores["ndcg"], BAR_OF_ALL))
    nothing = [row["query"] for row in rows if row["zero"]]
    is_low = scores["zero"] <= MAX_WITHOUT_RESULTS + 0.0005
    print(
        f"{'Nothing found':30} {scores['zero']:.1%}, at most {MAX_WITHOUT_RESULTS:.1%}"
        f"{'' if is_low else ' MISSED'}: {', '.join(nothing) or 'none'}"
    )
    return all([*reached, is_low])


def print_score(name: str, score: float, bar: float) -> bool:
    """Print a score beside its bar; say whether it is reached."""
    is_reached = score >= bar
    missed = "" if is_reached else " MISSED"
    print(f"{name:30} {score:.3f}, at least {bar:.2f}{missed}")
    return is_reached


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
