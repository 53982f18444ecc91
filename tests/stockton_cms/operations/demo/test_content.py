"""The example site's content files: how they are read, and what of a mistake."""

import tomllib
from datetime import UTC, date, datetime
from io import StringIO

import pytest
import wagtail_factories
from django.core.management import CommandError, call_command
from wagtail.models import Page

from community.models import AlertSnippet
from stockton_cms.operations.demo import loader
from stockton_cms.operations.demo.loader import (
    MARKDOWN,
    Filler,
    publish_page,
    publish_updates,
)

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


def test_a_page_is_what_its_file_says(section, folder, filler):
    (folder / "pages" / "bins.toml").write_text(BINS)
    page = publish_page(section, "bins", filler)
    assert filler.pages == {"bins": page}
    assert page.live
    assert page.title == "Bins"
    assert page.picture == filler.pictures["bridge"]
    assert page.review_on == date(2027, 1, 25)
    text, heading, contact, documents, table = page.body
    assert text.value.source == "<p>Put them out by seven.</p>"
    assert heading.value["level"] == "h2"
    assert contact.value["phone"] == "01632 960000"
    assert list(documents.value["documents"]) == [filler.documents["calendar"]]
    assert [str(cell) for cell in table.value.row_data[0]["values"]] == ["Green", "2"]


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


def test_an_update_adds_to_what_is_there(section, folder, filler):
    (folder / "pages" / "bins.toml").write_text(BINS)
    page = publish_page(section, "bins", filler)
    (folder / "updates.toml").write_text(
        '[[update]]\npage = "bins"\nchange_note = "Bins again."\n'
        '[[update.body]]\nblock = "text"\ntext = "And brown ones."\n'
    )
    publish_updates(filler)
    page.refresh_from_db()
    assert [block.block_type for block in page.body] == [
        *["text", "heading", "contact", "documents", "table", "text"]
    ]
    assert page.change_notes.get().note == "Bins again."


def test_days_are_counted_from_now(filler):
    alert = filler.fill(AlertSnippet(), {"starts_at": {"in_days": -1}})
    assert alert.starts_at == datetime(2027, 1, 10, 12, tzinfo=UTC)
    at = tomllib.loads("at = 09:00:00")["at"]
    alert = filler.fill(alert, {"starts_at": {"in_days": 98, "at": at}})
    # Nine o'clock in summer.
    assert alert.starts_at == datetime(2027, 4, 19, 8, tzinfo=UTC)


def test_text_has_paragraphs_and_lists():
    text = "\nBring:\n\n- a bag\n- your\n  <letter>\n\nIt's <b>*you*</b> & me.\n"
    html = " ".join(MARKDOWN.render(text).split())
    assert html == (
        "<p>Bring:</p> <ul> <li>a bag</li> <li>your &lt;letter&gt;</li> </ul> "
        "<p>It's &lt;b&gt;*you*&lt;/b&gt; &amp; me.</p>"
    )


def test_the_command_stops_at_a_mistake_with_nothing_built(db, folder):
    for page in Page.objects.filter(depth=2):
        page.specific.delete()
    with pytest.raises(
        CommandError, match=r"^content/pictures\.toml: FileNotFoundError"
    ):
        call_command("load_demo_site", stdout=StringIO())
    assert not Page.objects.filter(depth=2).exists()
