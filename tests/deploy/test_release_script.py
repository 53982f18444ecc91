"""How `deploy/release.sh` reads settings, and what it says where it cannot begin.

`test_rollout` has the rest.
"""

import os
import re
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


def test_nothing_is_changed_where_something_is_missing(machine):
    for name in ("", "/no/such/folder"):
        said = f"Name the folder of a release: '{name}' is none."
        assert put_in(machine, name) == said
    release = machine / "release"
    said = put_in(machine, release)
    assert said == "Nothing was changed: are the units of deploy/systemd installed?"
    # The control: all before it was done, with each setting of the file.
    asked = (machine / "asked").read_text()
    assert "manage.py migrate --no-input: https://store.example.org" in asked
    # Commands by hand find the settings in the release.
    assert (release / ".env").resolve() == machine / "env"
    (release / ".packages-installed").unlink()
    said = put_in(machine, release)
    assert said.startswith("The packages cannot be installed. Nothing was changed")
    assert not (release / ".packages-installed").exists()
    (machine / "env").unlink()
    assert put_in(machine, release).startswith(f"{machine}/env is not")


def settings_read(file):
    """Return what the script takes from a file of settings."""
    [function] = re.findall(
        r"^read_settings\(\) \{$.*?^\}$",
        (BASE_DIR / "deploy/release.sh").read_text(),
        re.M | re.S,
    )
    said = subprocess.run(
        ["/bin/bash", "-euc", f"{function}\nread_settings; env --null"],
        env={"ENV_FILE": str(file), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(each.split("=", 1) for each in said.split("\0") if each)


def test_settings_are_read_as_systemd_reads_them(tmp_path):
    example = (BASE_DIR / "deploy/.env.example").read_text()
    names = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", example, re.M)
    assert {"SECRET_KEY", "AWS_ENDPOINT_URL_S3"} <= {*names}
    file = tmp_path / "env"
    values = {name: f"a $b 'c' {number}" for number, name in enumerate(names)}
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    assert values.items() <= settings_read(file).items()
    # No comment is, and no command.
    file.write_text("# HTTPS=false\nDEBUG=$(touch made)\nrm -r /\n")
    read = settings_read(file)
    assert read["DEBUG"] == "$(touch made)"
    assert "HTTPS" not in read
