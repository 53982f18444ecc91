"""A machine in production: its environment from the example, and its systemd units."""

import os
import re
import shlex
import shutil
from pathlib import Path

from tests.servers import BASE_DIR

EXAMPLE = (BASE_DIR / "deploy/.env.example").read_text()
SECRET = "a-KEY-for-0ne-test-only_with-more-than-fifty-signs-in-it.9f8e7d6c"
UNITS = BASE_DIR / "deploy/systemd"
NAMES = sorted(path.name for path in UNITS.iterdir() if path.is_file())
SERVICES = [name for name in NAMES if name.endswith(".service")]
HARDENING = "stockton-cms-.service.d/hardening.conf"


def variables_in_readme() -> dict[str, str]:
    """Return the variables of the table and their defaults as they are there."""
    table = (BASE_DIR / "README.md").read_text().split("## Variables")[1]
    rows = re.findall(r"^\| (`[A-Z0-9_`, ]+`) \| (.*?) \|", table, re.M)
    return {
        name: default for names, default in rows for name in re.findall(r"\w+", names)
    }


def production(folder: Path, **changes: str) -> dict[str, str]:
    """Return the environment that the example file makes, with its data in a folder."""
    text = EXAMPLE.replace("/var/lib/stockton_cms", str(folder))
    return {
        "PATH": os.environ["PATH"],
        # The environment wins over a developer's own `.env`, so each is given, but for
        # those that are gunicorn's, which takes no empty ones.
        **dict.fromkeys(set(variables_in_readme()) - {"WEB_CONCURRENCY", "PORT"}, ""),
        **dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", text, re.M)),
        "SECRET_KEY": SECRET,
        **changes,
    }


def install(root: Path) -> Path:
    """Put the units below a root as on a machine, for the code that is here."""
    folder = root / "etc/systemd/system"
    shutil.copytree(UNITS, folder)
    for path in folder.rglob("*.*"):
        if path.is_file():
            text = path.read_text().replace("/opt/stockton_cms/current", str(BASE_DIR))
            path.write_text(text)
    return folder


def settings_of(name: str) -> list[tuple[str, str]]:
    """Return each setting of a unit, and of what holds for all services."""
    text = (UNITS / name).read_text()
    if name in SERVICES:
        text += (UNITS / HARDENING).read_text()
    lines = [line for line in text.splitlines() if line[:1] not in "#["]
    return [tuple(line.split("=", 1)) for line in lines if line]


def commands_of(name: str) -> list[list[str]]:
    """Return the command lines of a service, split into their words."""
    found = settings_of(name)
    return [shlex.split(value) for key, value in found if key == "ExecStart"]
