"""Validates the HTML of every state: `python -m tests.browser.html`.

The Nu Html Checker reads what the server sends, without a browser, and finds neither
errors nor warnings.
"""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.browser.programs import find_or_install, get_package
from tests.browser.sites import ServedSite, serve_states
from tests.browser.states import OF_OFFICERS, STATES, State

NO_JAVA = (
    "There is no Java on this machine, and it could not be installed. On Debian: "
    "apt-get install default-jre-headless."
)
WRONG = "<!doctype html><html lang=en><title>Wrong</title><p><div></p>"


def fetch(state: State, site: ServedSite) -> bytes:
    """Return the HTML of a state as the server sends it."""
    base = site.broken_address if state.is_broken else site.address
    origin = "https://example.org" if state.is_foreign else base
    data = urlencode(state.sent).encode() if state.sent else None
    headers = {"Origin": origin, "Cookie": f"closed_alerts={state.closed_alerts}"}
    # Only addresses of the site that runs here.
    request = Request(base + state.path, data, headers)  # noqa: S310
    try:
        with urlopen(request) as response:  # noqa: S310
            status, html = response.status, response.read()
    except HTTPError as error:
        status, html = error.code, error.read()
    if status != state.status:
        sys.exit(f"{state.name}: {status} instead of {state.status}")
    return html


def validate(folder: Path, java: str) -> subprocess.CompletedProcess:
    """Run the checker on all files of a folder; it exits with 0 if all are valid."""
    jar = get_package("vnu-jar") / "build" / "dist" / "vnu.jar"
    command = [java, "-Xss2m", "-jar", jar, "--Werror", "--no-langdetect"]
    return subprocess.run(
        [*command, *sorted(folder.iterdir())],
        check=False,
        capture_output=True,
        text=True,
    )


def print_messages(text: str) -> None:
    """Print what the checker said, once each, with the number and the first of places.

    A line of it is `"file:/folder/page.html":3.1-3.9: error: Message`.
    """
    lines = [line.partition(": ")[::2] for line in text.splitlines()]
    counts = Counter(re.sub(r"[0-9]+", "0", message) for _, message in lines)
    for place, message in lines:
        if number := counts.pop(re.sub(r"[0-9]+", "0", message), 0):
            print(f"{number} x {message} ({place.rpartition('/')[2]})")


def main() -> int:
    """Validate all states; print what is wrong and return 0 when nothing is."""
    java = find_or_install("java", "default-jre-headless")
    if not java:
        print(NO_JAVA, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as parent:
        wrong, folder = Path(parent) / "wrong", Path(parent) / "states"
        wrong.mkdir()
        folder.mkdir()
        (wrong / "wrong.html").write_text(WRONG)
        if validate(wrong, java).returncode == 0:
            sys.exit("The checker accepts HTML that is wrong.")
        with serve_states() as site:
            for state in STATES + OF_OFFICERS:
                path = folder / f"{state.name.replace(' ', '-')}.html"
                path.write_bytes(fetch(state, site))
        result = validate(folder, java)
    print_messages(result.stderr)
    failed = result.returncode != 0
    verdict = "not all are valid" if failed else "all are valid"
    print(f"HTML of {len(STATES + OF_OFFICERS)} pages: {verdict}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
