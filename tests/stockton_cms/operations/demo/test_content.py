"""The example site's content files: how they are read, and what of a mistake."""

import tomllib
from datetime import UTC, date, datetime
from io import StringIO

import pytest
import wagtail_factories
from django.core.management import CommandError, call_command
from wagtail.models import Page

from community.models import AlertSnippet, PolicyUpdatePage
from community.models.visible_alerts import Severity
from stockton_cms.operations.demo import content_files
from stockton_cms.operations.demo.build import make_pdf
from stockton_cms.operations.demo.illustrations import LOGOS, SCENES, Scene, draw_scene
from stockton_cms.operations.demo.loader import Filler, publish_page, publish_updates
from stockton_cms.operations.demo.rich_text import rich_text

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
    for name in ("pages", "drawings"):
        (folder / name).mkdir(parents=True)
    monkeypatch.setattr(content_files, "FOLDER", folder)
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
    return tomllib.loads((content_files.FOLDER / name).read_text(encoding="utf-8"))


def names_in(folder):
    return {path.stem for path in (content_files.FOLDER / folder).glob("*.toml")}


def test_every_page_but_the_first_is_listed_once():
    listed = [
        below
        for name in names_in("pages")
        for below in all_of(f"pages/{name}.toml").get("pages", [])
    ]
    assert len(listed) == len(set(listed)) > 20
    assert names_in("pages") - set(listed) == {"stockton-on-tees"}


def test_every_drawing_is_of_a_picture():
    assert names_in("drawings") == {scene.name for scene in (*SCENES, *LOGOS)}


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
        ('title = "Bins"\n', "", "'title' is missing."),
        ('type = "Standard page"\n', "", "'type' is missing."),
        ('"Standard page"', '"Recipe"', "There is no type of page 'Recipe'. There are"),
        ("summary =", "sumary =", "There is no field 'sumary'."),
        ('"bridge"', '"brigde"', "picture: There is no picture 'brigde'. There are: b"),
        ("in_days", "days", "review_on: 'in_days' is missing."),
        ('"Bins"', "Bins", "Invalid value (at line 3, column 9)."),
        ("[[body]]", "[[bodies]]", "There is no field 'bodies'."),
        ('block = "text"\n', "", "body 1: 'block' is missing."),
        ('block = "text"', 'block = "txt"', "body 1: There is no block 'txt'."),
        ('text = "Put', 'txt = "Put', "body 1: 'text' is missing."),
        ('"Put them out by seven."', "7", "body 1: 7 is not a text"),
        ('text = "Whom to ask"\n', "", "body 2: text: This field is required."),
        ("name =", "nmae =", "body 3: There is no field 'nmae'. There are: name, "),
        ('phone = "01632 960000"', "", "body 3: phone: Enter a phone number"),
        ('"calendar"', '"diary"', "body 4: There is no document 'diary'."),
        ('caption = "Colours"\ncolumns', "heads", "body 5: 'columns' is missing."),
        ('"number"', '"sum"', "body 5: There is no type of column 'sum'. There are"),
        ('["Green", 2]', '["Green"]', "body 5: Each row needs a value for each column"),
    ],
)
def test_a_mistake_in_a_page_is_named_with_its_place(
    section, folder, filler, said, instead, message
):
    assert said in BINS
    (folder / "pages" / "bins.toml").write_text(BINS.replace(said, instead))
    with pytest.raises(content_files.ContentError) as error:
        publish_page(section, "bins", filler)
    assert str(error.value).startswith(f"content/pages/bins.toml: {message}")


def test_a_page_without_a_file_is_named(section, folder, filler):
    (folder / "pages" / "bins.toml").write_text(BINS.replace("[]", '["nowhere"]'))
    with pytest.raises(content_files.ContentError) as error:
        publish_page(section, "bins", filler)
    assert str(error.value) == "content/pages/nowhere.toml: There is no such file."


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


def test_an_update_of_an_unknown_page_is_named_with_its_place(folder, filler):
    (folder / "updates.toml").write_text('[[update]]\npage = "bins"\n')
    with pytest.raises(content_files.ContentError) as error:
        publish_updates(filler)
    message = (
        "content/updates.toml: update 1: There is no page 'bins'. There are: none."
    )
    assert str(error.value) == message


def test_what_belongs_to_a_thing_needs_its_fields_too(filler):
    policy = PolicyUpdatePage(title="Policy")
    with pytest.raises(content_files.ContentError) as error:
        filler.fill(policy, {"documents": [{"title": "Only a title"}]})
    assert str(error.value).startswith("documents 1: document: This field cannot be")


def test_choices_are_said_in_the_words_that_officers_see(filler):
    alert = filler.fill(AlertSnippet(), {"severity": "Disruption"})
    assert alert.severity == Severity.DISRUPTION
    with pytest.raises(content_files.ContentError, match=r"severity: .*There are: Inf"):
        filler.fill(AlertSnippet(), {"severity": "Bad"})


def test_days_are_counted_from_now(filler):
    alert = filler.fill(AlertSnippet(), {"starts_at": {"in_days": -1}})
    assert alert.starts_at == datetime(2027, 1, 10, 12, tzinfo=UTC)
    at = tomllib.loads("at = 09:00:00")["at"]
    alert = filler.fill(alert, {"starts_at": {"in_days": 98, "at": at}})
    # Nine o'clock in summer.
    assert alert.starts_at == datetime(2027, 4, 19, 8, tzinfo=UTC)


def test_one_instead_of_a_list_is_named():
    with pytest.raises(content_files.ContentError, match=r"body 1: Write \[\[body\]\]"):
        content_files.each({"body": {"block": "text"}}, "body", dict)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            '{ dics = [8, 8, 4], colour = "sun" }',
            "There is no shape with dics, colour.",
        ),
        ('{ disc = [8, 8], colour = "sun" }', "There is no shape with disc, colour."),
        ('{ disc = [8, 8, 4], colour = "snu" }', "There is no colour 'snu'."),
        ("{ disc = [8, 8, 4] }", "'colour' is missing."),
    ],
)
def test_a_mistake_in_a_drawing_is_named_with_its_place(folder, shape, message):
    (folder / "pictures.toml").write_text('[colours]\nsun = "#f2b632"\n')
    (folder / "drawings" / "dot.toml").write_text(
        'size = [16, 16]\nbackground = "sun"\n'
        f'shapes = [{{ box = [0, 0, 8, 8], colour = "sun" }}, {shape}]'
    )
    with pytest.raises(content_files.ContentError) as error:
        draw_scene(Scene("dot", "Dot", "A dot."))
    where = "content/drawings/dot.toml: shapes 2: "
    assert str(error.value).startswith(where + message)


def test_a_mistake_in_a_document_is_named_with_its_place():
    with pytest.raises(content_files.ContentError, match="part 2: 'text' is missing"):
        make_pdf(
            {
                "title": "Bins",
                "part": [{"heading": "A", "text": "B"}, {"heading": "C"}],
            }
        )


def test_text_has_paragraphs_and_lists():
    text = "\nBring:\n\n- a bag\n- your\n  letter\n\nIt's < £5 -\n- really.\n"
    assert rich_text(text) == (
        "<p>Bring:</p><ul><li>a bag</li><li>your letter</li></ul>"
        "<p>It&#x27;s &lt; £5 - - really.</p>"
    )


def test_the_command_stops_at_a_mistake_with_nothing_built(db, folder):
    for page in Page.objects.filter(depth=2):
        page.specific.delete()
    with pytest.raises(
        CommandError, match=r"^content/pictures\.toml: There is no such"
    ):
        call_command("load_demo_site", stdout=StringIO())
    assert not Page.objects.filter(depth=2).exists()
