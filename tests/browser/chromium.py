"""Finds Debian's Chromium, or installs it."""

import os
import shutil
import subprocess

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


def find_chromium() -> str:
    """Return the path of Chromium; empty where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), "")


def find_or_install(command: str, package: str) -> str:
    """Return a program's path; install its Debian package where that is possible."""
    if not shutil.which(command) and shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing {package} with apt-get", flush=True)
        options = {
            "check": False,
            "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        }
        apt_get = [shutil.which("apt-get"), "-qq"]
        subprocess.run([*apt_get, "update"], **options)
        install = [*apt_get, "install", "-y", "--no-install-recommends", package]
        subprocess.run(install, stdout=subprocess.DEVNULL, **options)
    return shutil.which(command) or ""


def get_chromium() -> str:
    """Return the path of Chromium, installed if need be; empty without one."""
    return find_or_install(SHELL, SHELL) or find_chromium()
