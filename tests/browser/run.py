"""Runs the tests in a browser: `python -m tests.browser.run [arguments of pytest]`.

Builds and serves the sites once, for all of pytest's workers. Without arguments it also
validates the HTML of every page, as `make html` does; so it does with `--all`, which
looks at every page in every mode.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from tests.browser import html
from tests.browser.programs import MISSING, get_chromium
from tests.browser.sites import serve_office, serve_states

EVERY_MODE = "browser and not screenshots and not security"


def main(arguments: list[str]) -> int:
    """Run the tests; return 0 when all have passed."""
    if not get_chromium():
        print(MISSING, file=sys.stderr)
        return 1
    is_whole = arguments in ([], ["--all"])
    if is_whole:
        modes = EVERY_MODE if arguments else f"{EVERY_MODE} and not exhaustive"
        arguments = ["-n", "2", "-m", modes]
    print("\nTests in a browser", flush=True)
    command = [sys.executable, "-m", "pytest", "tests/browser"]
    with ExitStack() as sites:
        with ThreadPoolExecutor() as pool:
            served = [serve_states(), serve_office()]
            built = [pool.submit(sites.enter_context, site) for site in served]
        for each in built:
            each.result()
        failed = subprocess.run([*command, *arguments], check=False).returncode
        if is_whole:
            failed |= html.main()
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
