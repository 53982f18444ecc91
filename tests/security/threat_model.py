"""Reads docs/threat-model.md: each threat, its bar and its tests."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
THREAT = re.compile(r"^### (?P<name>.+)$", re.M)
LINE = re.compile(r"^- \*\*(?P<what>\w+)\*\*: (?P<text>.+(?:\n  .+)*)", re.M)
TEST = re.compile(r"`(?P<file>tests/[\w/]+\.py)(?:::(?P<test>\w+))?`")


@dataclass(frozen=True)
class Threat:
    """One threat, in the words of the document, and its tests as (file, name)."""

    name: str
    bar: str
    defence_tests: tuple[tuple[str, str], ...]
    controls: tuple[tuple[str, str], ...]

    @property
    def tests(self) -> tuple[tuple[str, str], ...]:
        """All tests: those of the defence, and the controls."""
        return self.defence_tests + self.controls


def tests_in(text: str) -> tuple[tuple[str, str], ...]:
    """Return the tests that a text names; an empty name means all of a file."""
    return tuple((found["file"], found["test"] or "") for found in TEST.finditer(text))


def read_threats() -> list[Threat]:
    """Return all threats of the document, in its order."""
    text = (ROOT / "docs/threat-model.md").read_text()
    pieces = THREAT.split(text)[1:]
    threats = []
    for name, body in zip(pieces[::2], pieces[1::2], strict=True):
        said = {found["what"]: found["text"] for found in LINE.finditer(body)}
        bar = re.sub(r"\s+", " ", said.get("Bar", ""))
        defence_tests, controls = (
            tests_in(said.get("Tests", "")),
            tests_in(said["Control"]),
        )
        threats.append(Threat(name, bar, defence_tests, controls))
    return threats
