"""Debian's Chromium and others, and programs of the npm registry inside `.venv`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# The shell without windows is the same Chromium, and opens a page in a sixth of the
# time (measured).
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome")
# Without a sandbox, as we are root in many containers, and without calls outside.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
MISSING = (
    "There is no Chromium on this machine, and it could not be installed. The tests in "
    "a browser were left out. On Debian: apt-get install chromium-headless-shell."
)
VERSIONS = {
    "@mdn/mdn-http-observatory": "1.4.8",
    "lighthouse": "13.5.0",
    "vnu-jar": "26.9.27",
}
NODE = Path(sys.executable).with_name("node")
NPM = Path(sys.executable).with_name("npm")


def find_chromium() -> str:
    """Return the path of Chromium; empty where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), "")


def find_or_install(command: str, package: str) -> str:
    """Return a program's path; install its Debian package where that is possible."""
    apt_get = shutil.which("apt-get")
    if not shutil.which(command) and apt_get and os.geteuid() == 0:
        print(f"Installing {package} with apt-get", flush=True)
        for arguments in (
            ("update",),
            ("install", "-y", "--no-install-recommends", package),
        ):
            subprocess.run(
                [apt_get, "-qq", *arguments],
                check=False,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
            )
    return shutil.which(command) or ""


def get_chromium() -> str:
    """Return the path of Chromium, installed if need be; empty without one."""
    return find_or_install(SHELL, SHELL) or find_chromium()


def get_package(name: str) -> Path:
    """Return the folder of an npm package, installed in the version asked for."""
    home = Path(sys.prefix) / "node" / name
    package = home / "node_modules" / name
    about = package / "package.json"
    if about.exists() and json.loads(about.read_text())["version"] == VERSIONS[name]:
        return package
    print(f"Installing {name} {VERSIONS[name]}", flush=True)
    home.mkdir(parents=True, exist_ok=True)
    options = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(
        [NPM, "install", *options, "--prefix", home, f"{name}@{VERSIONS[name]}"],
        cwd=home,
        check=True,
    )
    return package
