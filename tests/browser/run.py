"""Runs the tests in a browser: `python -m tests.browser.run [arguments of pytest]`.

Builds and serves the site once, for all of pytest's workers.
"""

import subprocess
import sys

from tests.browser.chromium import MISSING, get_chromium
from tests.browser.office import serve_office
from tests.browser.site import serve_states


def main(arguments: list[str]) -> int:
    """Run the tests; return 0 when all have passed."""
    if not get_chromium():
        print(MISSING, file=sys.stderr)
        return 1
    print("\nTests in a browser", flush=True)
    command = [sys.executable, "-m", "pytest", "tests/browser"]
    with serve_states(), serve_office():
        return subprocess.run([*command, *arguments], check=False).returncode


if __name__ == "__main__":
    default = ["-n", "2", "-m", "browser and not screenshots and not security"]
    sys.exit(main(sys.argv[1:] or default))
