"""Puts releases in with `deploy/release.sh`, on a site that visitors read meanwhile."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deployment import Deployment
from tests.servers import BASE_DIR, free_port

UNIT = BASE_DIR / "deploy/systemd/stockton-cms-standby.service"
ROOMS = ("stockton_cms", "home", "community", "search", "deploy", "docs")
# What the script asks of systemd: services that have one listening socket between them.
SYSTEMCTL = """#!/bin/bash
verb=$1 run=$STOCKTON_CMS_RUN/${2//-/_} folder=$STOCKTON_CMS_DIR/current
echo "$@" >> "$STOCKTON_CMS_RUN/systemctl.log"
runs() { [ -d "/proc/$1" ] && ! grep -q "^State:.Z" "/proc/$1/status"; }
[[ $2 == *-jobs ]] && exit 0
if [[ $verb =~ stop|restart ]] && [ -e "$run/pid" ]; then
  pid=$(cat "$run/pid")
  kill "$pid"
  while runs "$pid"; do sleep 0.05; done
  rm -r "$run"
fi
if [[ $verb =~ start ]]; then
  mkdir -p "$run"
  cd "$folder" || exit 1
  export RUNTIME_DIRECTORY=$run LISTEN_FDS=1
  exec 3<&"$LISTENER"
  setsid sh -c 'echo $$ > '$run'/pid; export LISTEN_PID=$$
    COMMAND' >> "$STOCKTON_CMS_RUN/site.log" 2>&1 &
fi
exit 0
"""


def start_command() -> str:
    [command] = re.findall(r"^ExecStart=/bin/sh -c '(.*)'$", UNIT.read_text(), re.M)
    return command


class Rollout:
    """A machine on which releases take each other's place."""

    def __init__(self, folder: Path, site: Deployment):
        self.folder = folder
        self.site = site
        [self.machine] = site.machines
        (folder / "env").write_text(
            "".join(
                f"{name}={value}\n" for name, value in self.machine.environment.items()
            )
        )
        (folder / "bin").mkdir()
        (folder / "run").mkdir()
        systemctl = folder / "bin/systemctl"
        systemctl.write_text(SYSTEMCTL.replace("COMMAND", start_command()))
        systemctl.chmod(0o755)
        self._trial_port = free_port()

    def copy(self, name: str) -> Path:
        release = self.folder / name
        release.mkdir()
        for room in ROOMS:
            shutil.copytree(
                BASE_DIR / room,
                release / room,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        for file in ("manage.py", "requirements.txt"):
            shutil.copy(BASE_DIR / file, release)
        (release / ".venv").symlink_to(BASE_DIR / ".venv")
        (release / ".packages-installed").touch()
        return release

    def put_in(self, release: Path | str) -> subprocess.CompletedProcess:
        """Put a release in, or `--back`; return what was said, and how it ended."""
        return self._run(BASE_DIR / "deploy/release.sh", release)

    def systemctl(self, *arguments: str) -> None:
        """Ask what stands for systemd here."""
        self._run("systemctl", *arguments).check_returncode()

    def manage(self, release: Path, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env={**os.environ, **self.machine.environment},
            cwd=release,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout

    @contextmanager
    def socket(self) -> Iterator[None]:
        """Listen as systemd does, for anyone who is started meanwhile."""
        address = "127.0.0.1", self.machine.port
        with socket.create_server(address, backlog=4096) as self._listener:
            yield
            self.systemctl("stop", "stockton-cms-standby")
            self.systemctl("stop", "stockton-cms-site")

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess:
        listener = self._listener.fileno()
        ours = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "STOCKTON_CMS_DIR": str(self.folder),
            "STOCKTON_CMS_ENV": str(self.folder / "env"),
            "STOCKTON_CMS_RUN": str(self.folder / "run"),
            "STOCKTON_CMS_TRIAL_PORT": str(self._trial_port),
            "LISTENER": str(listener),
        }
        return subprocess.run(
            command,
            env=os.environ | ours,
            pass_fds=[listener],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
