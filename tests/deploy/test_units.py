"""The systemd units, which nothing runs here as PID 1: verified, graded, understood."""

import os
import re
import shutil
import subprocess

import pytest
from django.core.management import get_commands, load_command_class

from tests.deploy.units import NAMES, SERVICES, commands_of, install, settings_of
from tests.servers import BASE_DIR

EXPOSURE_AT_MOST = 1.5
HARDENING = "stockton-cms-.service.d/hardening.conf"

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="apt-get install systemd"
)


def analyze(*arguments, **environment):
    return subprocess.run(
        ["/usr/bin/env", "systemd-analyze", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def verify(folder):
    paths = [folder / name for name in NAMES]
    return analyze("verify", *paths, SYSTEMD_UNIT_PATH=f"{folder}:")


def grade(root, name):
    """Return how exposed a service is: from 0, which can do nothing, to 10."""
    result = analyze("security", "--offline=true", f"--root={root}", name)
    [level] = re.findall(r"Overall exposure level for .*?: ([\d.]+)", result.stdout)
    return float(level)


@needs_systemd
def test_systemd_finds_no_fault_and_would_find_one(tmp_path):
    folder = install(tmp_path)
    result = verify(folder)
    assert (result.returncode, result.stderr) == (0, "")
    site = folder / "stockton-cms-site.service"
    site.write_text(site.read_text().replace("Restart=on-failure", "Restart=ever"))
    assert "specifier" in verify(folder).stderr


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_service_may_do_little(name, tmp_path):
    folder = install(tmp_path)
    exposure = grade(tmp_path, name)
    print(f"\n{name}: exposed {exposure} of 10", end="")
    assert exposure <= EXPOSURE_AT_MOST
    (folder / HARDENING).unlink()
    assert grade(tmp_path, name) > 9


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_starts_is_there(name):
    text = " ".join(word for command in commands_of(name) for word in command)
    named = re.findall(r"manage\.py (\w+)", text)
    assert named or "gunicorn" in text
    for command in named:
        load_command_class(get_commands()[command], command)
    assert (BASE_DIR / "deploy/gunicorn.conf.py").exists()


def test_each_timer_has_its_service_and_runs_again_after_an_outage():
    timers = [name for name in NAMES if name.endswith(".timer")]
    assert timers
    for timer in timers:
        assert timer.replace(".timer", ".service") in SERVICES
        assert ("Persistent", "yes") in settings_of(timer)


def test_site_has_longer_to_stop_than_gunicorn_takes():
    stops = dict(settings_of("stockton-cms-site.service"))["TimeoutStopSec"]
    # gunicorn's own `graceful_timeout`.
    assert int(stops) > 30


def test_operators_are_told_of_files_and_services_that_are_there():
    text = (BASE_DIR / "docs/operators.md").read_text()
    files = set(re.findall(r"\bdeploy/[\w.-]*\w", text))
    assert {"deploy/.env.example", "deploy/compose.yaml"} <= files
    assert [name for name in files if not (BASE_DIR / name).exists()] == ["deploy/.env"]
    [enabled] = re.findall(r"^systemctl enable --now (.*)$", text, re.M)
    for name in enabled.split():
        full = name if "." in name else f"{name}.service"
        assert full in NAMES
        assert any(key == "WantedBy" for key, _ in settings_of(full))
