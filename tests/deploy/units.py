"""The systemd units of `deploy/`, as a machine would have them, for tests."""

import shlex
import shutil
from pathlib import Path

from tests.servers import BASE_DIR

SOURCE = BASE_DIR / "deploy/systemd"
CODE = "/opt/stockton_cms/current"
NAMES = sorted(path.name for path in SOURCE.iterdir() if path.is_file())
SERVICES = [name for name in NAMES if name.endswith(".service")]


def install(root: Path) -> Path:
    """Put the units below a root as on a machine, for the code that is here."""
    folder = root / "etc/systemd/system"
    shutil.copytree(SOURCE, folder)
    for path in folder.rglob("*.*"):
        if path.is_file():
            path.write_text(path.read_text().replace(CODE, str(BASE_DIR)))
    return folder


def settings_of(name: str) -> list[tuple[str, str]]:
    """Return each setting of a unit, and of what holds for all services."""
    text = (SOURCE / name).read_text()
    if name in SERVICES:
        text += (SOURCE / "stockton-cms-.service.d/hardening.conf").read_text()
    lines = [line for line in text.splitlines() if line[:1] not in "#["]
    return [tuple(line.split("=", 1)) for line in lines if line]


def commands_of(name: str) -> list[list[str]]:
    """Return the command lines of a service, split into their words."""
    found = settings_of(name)
    return [shlex.split(value) for key, value in found if key == "ExecStart"]


def value_of(name: str, setting: str) -> str:
    [value] = [value for key, value in settings_of(name) if key == setting]
    return value
