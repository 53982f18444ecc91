"""Nothing is installed in a version that is known to be unsafe, or without a digest."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
TABLE = tomllib.loads((ROOT / "tests/security/minimum_versions.toml").read_text())
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ \\;]+)(.*)$", re.M)


def pinned(text: str) -> dict[str, Version]:
    """Return the packages of compiled requirements and their versions."""
    return {
        name.lower().replace("_", "-"): Version(version)
        for name, version, _ in PINNED.findall(text)
    }


def unsafe(versions: dict[str, Version]) -> list[str]:
    """Return the packages that are older than the table allows."""
    return [
        f"{name} {versions[name]} is older than {lowest}: {why}"
        for name, (lowest, why) in TABLE["packages"].items()
        if name in versions and versions[name] < Version(lowest)
    ]


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_no_package_is_older_than_is_safe(file):
    versions = pinned((ROOT / file).read_text())
    assert len(versions) > 30
    assert unsafe(versions) == []


def test_an_old_package_would_be_noticed():
    old = pinned("django==5.2.1 \\\n    --hash=sha256:x\npillow==9.0.0")
    assert len(unsafe(old)) == 2


def test_what_reads_what_strangers_send_is_in_the_table():
    reads = {"django", "wagtail", "pillow", "django-allauth", "gunicorn", "urllib3"}
    assert reads <= set(TABLE["packages"])
    assert reads <= set(pinned((ROOT / "requirements.txt").read_text()))
    assert TABLE["as_of"] >= date(2026, 11, 1)


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_held_to_its_digest(file):
    text = (ROOT / file).read_text()
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)
    packages = [block for block in blocks if "==" in block]
    assert packages
    assert [block[:40] for block in packages if "--hash=sha256:" not in block] == []
    assert "://" not in re.sub(r"#.*", "", text)
