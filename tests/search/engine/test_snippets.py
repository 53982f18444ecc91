"""What a result says of its page or file, and the place that it leads to."""

import pytest
from bs4 import BeautifulSoup
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from search.engine import snippets
from tests.factories import StandardPageFactory


def text(value):
    return {"type": "text", "value": value}


def heading(value):
    return {"type": "heading", "value": {"text": value, "level": "h2"}}


def said(answer):
    """Return what the first result says below its facts."""
    return answer.html.select_one(".result > p:last-child").get_text()


def test_extract_is_whole_sentences_of_one_part(home, search_for):
    body = [
        text("<p>We empty bins. Mr. Hogg of Elm St. repairs a wheel. It is free.</p>"),
        text("<ul><li>A new lid costs £5</li><li>A bag costs £1</li></ul>"),
    ]
    StandardPageFactory(parent=home, title="Bins", summary="All of it.", body=body)
    assert said(search_for("wheel")) == (
        "Mr. Hogg of Elm St. repairs a wheel. It is free."
    )
    assert said(search_for("lid")) == "A new lid costs £5"
    assert said(search_for("bins")) == (
        "We empty bins. Mr. Hogg of Elm St. repairs a wheel. It is free."
    )


def test_long_sentence_is_shortened_between_words(home, search_for, monkeypatch):
    words = " ".join(f"word{number}" for number in range(400))
    body = [text(f"<p>{words} hedgehog {words}</p>"), text(f"<p>{'x' * 60_000}</p>")]
    StandardPageFactory(parent=home, title="Gardens", summary="", body=body)
    extract = said(search_for("hedgehog"))
    assert extract.startswith("… ")
    assert extract.endswith(" …")
    assert set(extract.split()) <= {"…", "hedgehog", *words.split()}
    assert "hedgehog" in extract
    assert len(extract) <= snippets.MAX_CHARACTERS + 4


def test_words_of_pictures_are_not_in_extracts_and_rows_are_whole(home, search_for):
    file = get_test_image_file()
    image = get_image_model().objects.create(title="Lawn", file=file)
    picture = {
        "image": image.pk,
        "alt_text": "Hedgehog on a lawn",
        "decorative": False,
    }
    table = {
        "columns": [{"type": "text", "heading": name} for name in ("Place", "Open")],
        "rows": [{"values": ["Hedgehog hospital", "Tuesday"]}],
        "caption": "",
    }
    body = [{"type": "image", "value": picture}, {"type": "table", "value": table}]
    StandardPageFactory(parent=home, title="Gardens", summary="", body=body)
    assert said(search_for("hedgehog")) == "Hedgehog hospital, Tuesday"


@pytest.mark.parametrize(
    ("searched", "place"),
    [
        ("missed bins", "Missed collections of bins"),
        ("bins new lid", "A new lid"),
        ("bins", ""),
        ("bins collected when", ""),
    ],
)
def test_heading_that_answers_is_linked(home, search_for, client, searched, place):
    body = [
        heading("Bins that we collect"),
        text("<p>Put bins out by 7am. A new lid and missed bins cost nothing.</p>"),
        heading("Missed collections of bins"),
        text("<p>Report it within 2 days.</p>"),
        heading("A new lid"),
        text("<p>Ask us.</p>"),
        heading("Missed collections of bins"),
        text("<p>Report it again.</p>"),
    ]
    StandardPageFactory(parent=home, title="Bins collected", summary="", body=body)
    answer = search_for(searched)
    link = answer.html.select_one(".result > p a")
    assert (link.get_text() if link else "") == place
    if link:
        path, _, anchor = link["href"].partition("#")
        response = client.get(path, follow=True)
        page = BeautifulSoup(response.content, "html.parser")
        (target,) = page.select(f"[id='{anchor}']")
        assert target.get_text() == place
        # What is below it is what the result says.
        assert said(answer) in target.find_next("p").get_text()
