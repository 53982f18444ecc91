"""The files that operators install: settings that are enough, and systemd units."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from django.core.management import get_commands, load_command_class

from tests.deploy.machine import (
    EXAMPLE,
    HARDENING,
    NAMES,
    SERVICES,
    commands_of,
    install,
    production,
    settings_of,
    variables_in_readme,
)
from tests.servers import BASE_DIR

EXPOSURE_AT_MOST = 1.5
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="apt-get install systemd"
)


def run(*command, **environment):
    return subprocess.run(
        command,
        env=environment,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_example_names_every_variable_and_the_defaults():
    readme = variables_in_readme()
    named = re.findall(r"^(?:# )?([A-Z0-9_]+)=", EXAMPLE, re.M)
    assert len(named) > 20
    assert sorted(named) == sorted(set(readme) - {"TEST_DATABASE_URL"})
    left_out = dict(re.findall(r"^# ([A-Z0-9_]+)=(.*)$", EXAMPLE, re.M))
    plain = [name for name in left_out if re.fullmatch(r"`[\w ]+`", readme[name])]
    assert len(plain) > 8
    for name in plain:
        assert f"`{left_out[name]}`" == readme[name]


@pytest.mark.slow
def test_example_is_enough_to_start_with_once_it_has_a_secret(tmp_path):
    check = (sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING")
    without = run(*check, **production(tmp_path, SECRET_KEY=""))
    assert "SECRET_KEY is missing" in without.stderr
    result = run(*check, **production(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "no issues (0 silenced)" in result.stdout


@pytest.mark.slow
def test_gunicorn_takes_its_configuration(tmp_path):
    check = (sys.executable, "-m", "gunicorn", "stockton_cms.wsgi", "--check-config")
    ours = BASE_DIR / "deploy/gunicorn.conf.py"
    environment = production(tmp_path)
    assert run(*check, "--config", str(ours), **environment).returncode == 0
    wrong = tmp_path / "wrong.py"
    wrong.write_text(ours.read_text().replace("threads = 4", "threads = 'four'"))
    assert "four" in run(*check, "--config", str(wrong), **environment).stderr


def verify(folder):
    path = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}
    return run("systemd-analyze", "verify", *(folder / name for name in NAMES), **path)


def grade(root, name):
    """Return how exposed a service is: from 0, which can do nothing, to 10."""
    options = ("security", "--offline=true", f"--root={root}", name)
    result = run("systemd-analyze", *options, **os.environ)
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
def test_services_may_do_little(tmp_path):
    folder = install(tmp_path)
    assert max(grade(tmp_path, name) for name in SERVICES) <= EXPOSURE_AT_MOST
    (folder / HARDENING).unlink()
    assert min(grade(tmp_path, name) for name in SERVICES) > 9


def test_units_start_what_is_there_and_stop_and_run_again_in_time():
    for name in SERVICES:
        text = " ".join(word for command in commands_of(name) for word in command)
        named = re.findall(r"manage\.py (\w+)", text)
        assert named or "gunicorn" in text
        for command in named:
            load_command_class(get_commands()[command], command)
    timers = [name for name in NAMES if name.endswith(".timer")]
    assert timers
    for timer in timers:
        assert timer.replace(".timer", ".service") in SERVICES
        assert ("Persistent", "yes") in settings_of(timer)
    # Longer than gunicorn's own `graceful_timeout`.
    assert int(dict(settings_of("stockton-cms-site.service"))["TimeoutStopSec"]) > 30


def test_operators_read_of_files_and_services_that_are_there():
    text = (BASE_DIR / "docs/operators.md").read_text()
    files = set(re.findall(r"\bdeploy/[\w.-]*\w", text))
    assert {"deploy/.env.example", "deploy/compose.yaml"} <= files
    assert [name for name in files if not (BASE_DIR / name).exists()] == ["deploy/.env"]
    [enabled] = re.findall(r"^systemctl enable --now (.*)$", text, re.M)
    for name in enabled.split():
        full = name if "." in name else f"{name}.service"
        assert full in NAMES
        assert any(key == "WantedBy" for key, _ in settings_of(full))
