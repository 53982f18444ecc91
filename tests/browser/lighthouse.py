"""Lighthouse on the example site: `python -m tests.browser.lighthouse`.

Measures as on a phone, against the site as `make run` serves it, and prints a table.
Exits with 0 when every score is 100; for performance the median of three runs counts.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.browser.programs import MISSING, NODE, OPTIONS, get_chromium, get_package
from tests.browser.sites import serve
from tests.servers import free_port, manage, site_environment

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
RUNS = 3
FIND_PAGES = """
from community.models import CommunityIndexPage, PolicyUpdatePage
for model in (CommunityIndexPage, PolicyUpdatePage):
    print(model.objects.live().order_by("depth", "path").first().get_url_parts()[2])
"""
# Found words are not for other search engines, so such a page may say `noindex`.
SKIPPED = {"search for grants": "is-crawlable"}


def measure(address: str, categories: tuple[str, ...], skip: str) -> dict:
    """Run Lighthouse once; return its report."""
    program = get_package("lighthouse") / "cli" / "index.js"
    command = [
        *(NODE, program, address, "--quiet", "--output=json"),
        *(f"--only-categories={','.join(categories)}", "--no-enable-error-reporting"),
        f"--chrome-flags=--headless=new {' '.join(OPTIONS)}",
        *([f"--skip-audits={skip}"] if skip else []),
    ]
    environment = {**os.environ, "CHROME_PATH": get_chromium()}
    result = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE
    )
    return json.loads(result.stdout)


def score(address: str, skip: str) -> tuple[dict[str, int], list[str]]:
    """Return a page's scores, and the audits that it does not pass in full."""
    reports = [measure(address, CATEGORIES, skip)]
    reports += [measure(address, CATEGORIES[:1], skip) for _ in range(RUNS - 1)]
    scores = {
        name: statistics.median(
            round(report["categories"][name]["score"] * 100)
            for report in reports
            if name in report["categories"]
        )
        for name in CATEGORIES
    }
    counted = {
        audit["id"]
        for name, each in reports[0]["categories"].items()
        if scores[name] < 100
        for audit in each["auditRefs"]
        if audit["weight"]
    }
    audits = [reports[0]["audits"][name] for name in sorted(counted)]
    failed = [
        f"{audit['id']}: {audit.get('displayValue') or audit['title']}"
        for audit in audits
        if audit["score"] is not None and audit["score"] < 1
    ]
    return scores, failed


def main() -> int:
    """Serve the example site, measure its pages and print the table."""
    if not get_chromium():
        print(MISSING, file=sys.stderr)
        return 1
    get_package("lighthouse")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = site_environment(Path(folder))
        environment["SITE_URL"] = f"http://127.0.0.1:{port}"
        print("Building the example site", flush=True)
        manage(environment, "bootstrap", f"--port={port}")
        section, policy = manage(
            environment, "shell", "--verbosity=0", script=FIND_PAGES
        ).split()
        pages = {
            "home": "/",
            "section": section,
            "policy": policy,
            "search": "/search/",
            "search for grants": "/search/?query=grants",
        }
        print(f"{'':18}" + "".join(f"{name:>16}" for name in CATEGORIES))
        lowest, all_failed = 100, []
        with serve(environment, "/", port) as address:
            for name, path in pages.items():
                scores, failed = score(address + path, SKIPPED.get(name, ""))
                figures = "".join(f"{scores[each]:16}" for each in CATEGORIES)
                print(f"{name:18}{figures}", flush=True)
                lowest = min(lowest, *scores.values())
                all_failed += [f"{name}: {each}" for each in failed]
    print("\n".join(all_failed))
    return int(lowest < 100)


if __name__ == "__main__":
    sys.exit(main())
