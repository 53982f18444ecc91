"""`deploy/release.sh` tries a release with the settings that systemd gives the site."""

import re
import subprocess

from tests.servers import BASE_DIR

SCRIPT = (BASE_DIR / "deploy/release.sh").read_text()
EXAMPLE = (BASE_DIR / "deploy/.env.example").read_text()


def settings_read(file):
    """Return what the script takes from a file of settings."""
    [function] = re.findall(r"^read_settings\(\) \{$.*?^\}$", SCRIPT, re.M | re.S)
    said = subprocess.run(
        ["/bin/bash", "-euc", f"{function}\nread_settings; env --null"],
        env={"ENV_FILE": str(file), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(each.split("=", 1) for each in said.split("\0") if each)


def test_every_setting_of_the_example_is_read(tmp_path):
    names = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.M)
    assert {"SECRET_KEY", "AWS_ENDPOINT_URL_S3"} <= {*names}
    file = tmp_path / "env"
    values = {name: f"a $b 'c' {number}" for number, name in enumerate(names)}
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    assert values.items() <= settings_read(file).items()


def test_comments_and_commands_are_not_read(tmp_path):
    file = tmp_path / "env"
    file.write_text("# HTTPS=false\nDEBUG=$(touch made)\nrm -r /\n")
    read = settings_read(file)
    assert read["DEBUG"] == "$(touch made)"
    assert "HTTPS" not in read
