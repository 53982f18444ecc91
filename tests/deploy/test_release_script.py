"""What `deploy/release.sh` says where it cannot begin; test_rollout has the rest."""

import os
import subprocess

import pytest

from tests.servers import BASE_DIR, free_port

PYTHON = """#!/bin/sh
echo "$@: $AWS_ENDPOINT_URL_S3" >> "$STOCKTON_CMS_DIR/asked"
"""
PROGRAMS = {
    "release/.venv/bin/python": PYTHON,
    "release/.venv/bin/gunicorn": "#!/bin/sh\nexec sleep 60\n",
    "release/.venv/bin/pip": "#!/bin/sh\nexit 1\n",
    "bin/python3": "#!/bin/sh\n",
    "bin/systemctl": "#!/bin/sh\nexit 5\n",
}


@pytest.fixture
def machine(tmp_path):
    """Return a folder with a release, on a machine without the site's units."""
    for name, text in PROGRAMS.items():
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    (tmp_path / "release/manage.py").touch()
    (tmp_path / "release/.packages-installed").touch()
    (tmp_path / "env").write_text("AWS_ENDPOINT_URL_S3=https://store.example.org\n")
    return tmp_path


def put_in(machine, release):
    """Run the script there; return its last line, as it must not succeed."""
    result = subprocess.run(
        [BASE_DIR / "deploy/release.sh", release],
        env={
            "PATH": f"{machine / 'bin'}:{os.environ['PATH']}",
            "STOCKTON_CMS_DIR": str(machine),
            "STOCKTON_CMS_ENV": str(machine / "env"),
            "STOCKTON_CMS_TRIAL_PORT": str(free_port()),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert not (machine / "current").is_symlink()
    return result.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", ["", "/no/such/folder"])
def test_folder_without_a_release_is_refused(machine, name):
    assert put_in(machine, name) == f"Name the folder of a release: '{name}' is none."


def test_missing_settings_are_named(machine):
    (machine / "env").unlink()
    assert put_in(machine, machine / "release").startswith(f"{machine}/env is not")


def test_packages_that_cannot_be_had_change_nothing(machine):
    (machine / "release/.packages-installed").unlink()
    said = put_in(machine, machine / "release")
    assert said.startswith("The packages cannot be installed. Nothing was changed")
    assert not (machine / "release/.packages-installed").exists()


def test_machine_without_the_units_keeps_its_release(machine):
    said = put_in(machine, machine / "release")
    assert said == "Nothing was changed: are the units of deploy/systemd installed?"
    # Negative control: all before it was done, with each setting of the file.
    asked = (machine / "asked").read_text()
    assert "manage.py migrate --no-input: https://store.example.org" in asked


def test_commands_by_hand_find_the_settings_in_the_release(machine):
    put_in(machine, machine / "release")
    assert (machine / "release/.env").resolve() == machine / "env"
