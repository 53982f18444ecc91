"""The example site's content files: how they are read, and what of a mistake."""

import tomllib
from datetime import UTC, datetime

import pytest
import wagtail_factories
from django.core.management import CommandError

from stockton_cms.operations.demo import loader
from stockton_cms.operations.demo.loader import Filler, publish_page

# Noon in winter, and the clocks go forward before fourteen weeks have passed.
NOW = datetime(2027, 1, 11, 12, tzinfo=UTC)
BINS = """
type = "Standard page"
title = "Bins"
summary = "When to put them out."
picture = "bridge"
review_on = { in_days = 14 }

pages = []

[[body]]
block = "text"
text = "Put them out by seven."

[[body]]
block = "heading"
text = "Whom to ask"

[[body]]
block = "contact"
name = "Bins team"
phone = "01632 960000"

[[body]]
block = "documents"
documents = ["calendar"]

[[body]]
block = "table"
caption = "Colours"
columns = [{ heading = "Bin", type = "text" }, { heading = "Weeks", type = "number" }]
rows = [["Green", 2]]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder that stands in for the content's own."""
    folder = tmp_path / "content"
    (folder / "pages").mkdir(parents=True)
    monkeypatch.setattr(loader, "FOLDER", folder)
    return folder


@pytest.fixture
def filler(db):
    """Return what knows a picture and a document."""
    return Filler(
        NOW,
        pictures={"bridge": wagtail_factories.ImageFactory()},
        documents={"calendar": wagtail_factories.DocumentFactory()},
    )


def all_of(name):
    return tomllib.loads((loader.FOLDER / name).read_text(encoding="utf-8"))


def names_in(folder):
    return {path.stem for path in (loader.FOLDER / folder).glob("*.toml")}


def test_every_page_but_the_first_is_listed_once():
    listed = [
        below
        for name in names_in("pages")
        for below in all_of(f"pages/{name}.toml").get("pages", [])
    ]
    assert len(listed) == len(set(listed)) > 20
    assert names_in("pages") - set(listed) == {"stockton-on-tees"}


@pytest.mark.parametrize("kind", ["picture", "document"])
def test_every_file_is_described(kind):
    files = {path.stem for path in (loader.FOLDER / f"{kind}s").iterdir()}
    assert files == {entry["name"] for entry in all_of(f"{kind}s.toml")[kind]}


@pytest.mark.parametrize(
    ("said", "instead", "message"),
    [
        ("summary =", "sumary =", "StandardPage has no field named 'sumary'"),
        ('"Bins"', "Bins", "Invalid value (at line 3, column 9)"),
        ('phone = "01632 960000"', "", "Enter a phone number"),
        ('"calendar"', '"diary"', "KeyError: 'diary'"),
    ],
)
def test_a_mistake_in_a_page_names_its_file(
    section, folder, filler, said, instead, message
):
    assert said in BINS
    (folder / "pages" / "bins.toml").write_text(BINS.replace(said, instead))
    with pytest.raises(CommandError, match=r"^content/pages/bins.toml: ") as error:
        publish_page(section, "bins", filler)
    assert message in str(error.value)
