"""Pages from a folder: the tree, the words, pictures and documents, and what is not."""

import os

import pytest
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Page

from community.models import CommunityIndexPage

PAGE = (
    "<html><head><title>{0} | Old site</title><meta name=description content='About"
    " {0}'></head><body><header>Menu</header><main><h1>{0}</h1>{1}</main></body></html>"
)


def page(title, body="<p>Words.</p>"):
    return PAGE.format(title, body)


@pytest.fixture
def folder(write_folder):
    """Write a small site: a section with an index, one without, and a page above."""
    return write_folder(
        **{
            "about.html": page("About us", "<p>See <a href=food/>food</a>.</p>"),
            "food/index.html": page("Food"),
            "food/banks.html": page("Food banks", "<p><a href='../about.html'>Us</a>"),
            "our-places/hall.htm": page("The hall"),
            "notes.txt": "not a page",
        }
    )


def test_the_folders_are_the_tree_and_links_lead_to_pages(run_import, folder, imported):
    report, error = run_import(folder)
    assert error == ""
    about, food, banks = imported("about"), imported("food"), imported("banks")
    assert about.url == "/stronger-communities/about/"
    assert banks.url == "/stronger-communities/food/banks/"
    assert imported("hall").url == "/stronger-communities/our-places/hall/"
    assert isinstance(food, CommunityIndexPage)
    assert imported("our-places").title == "Our places"
    assert "our-places/: There is no index.html: titled like the folder." in report
    assert Page.find_problems() == ([], [], [], [], [])

    assert (banks.title, banks.summary) == ("Food banks", "About Food banks")
    assert "Menu" not in str(banks.body)
    assert food.introduction == "<p>Words.</p>"
    assert len(food.body) == 0

    expected = f'<p>See <a id="{food.pk}" linktype="page">food</a>.</p>'
    assert about.body[0].value.source == expected
    assert f'id="{about.pk}"' in banks.body[0].value.source
    revision = about.latest_revision.as_object()
    assert revision.body[0].value.source == expected


def test_an_index_at_the_top_holds_all_the_others(run_import, write_folder, imported):
    run_import(write_folder(**{"index.html": page("Old site"), "a.html": page("A")}))
    assert imported("a").url == "/stronger-communities/old-site/a/"


def test_pages_without_text_or_title_are_refused_by_name(run_import, write_folder):
    assert "no .html file" in run_import(write_folder(**{"a.txt": "x"}))[1]
    files = {"a.html": "<p>loose words", "b.html": "<body><p>No title</p></body>"}
    report, _ = run_import(write_folder(**files))
    assert "It has no <main>, <article> or <body>, so no text. (a.html)" in report
    assert "title: This field is required. (b.html)" in report


def test_old_encodings_are_read(run_import, write_folder, imported):
    html = page("Café", "<p>£5 – now</p>")
    declared = html.replace("<head>", "<head><meta charset=windows-1252>")
    folder = write_folder(
        **{"a.html": html.encode(), "b.html": declared.encode("cp1252")}
    )
    run_import(folder)
    assert imported("a").title == imported("b").title == "Café"
    assert imported("b").body[0].value.source == "<p>£5 – now</p>"


def test_pictures_and_documents_are_carried_over_once(
    run_import, write_folder, imported, png
):
    body = (
        "<p>Look: <img src='../img/hall.png' alt='The hall'> and <a "
        "href='rules.pdf'>the rules</a></p><img src='/img/hall.png' alt=''>"
    )
    folder = write_folder(
        **{
            "places/hall.html": page("Hall", body),
            "places/again.html": page("Again", body),
            "img/hall.png": png,
            "places/rules.pdf": b"%PDF-1.4 rules",
        }
    )
    dry, _ = run_import(folder, dry_run=True)
    assert not Image.objects.exists()
    assert not Document.objects.exists()
    report, error = run_import(folder)
    assert error == ""
    assert dry.startswith(report)
    image, document = Image.objects.get(), Document.objects.get()
    assert (image.title, image.description) == ("hall", "The hall")
    assert document.title == "the rules"
    hall = imported("hall")
    kinds = [block.block_type for block in hall.body]
    assert kinds == ["text", "image", "text", "image"]
    first, second = hall.body.blocks_by_name("image")
    assert first.value.contextual_alt_text == "The hall"
    assert second.value.decorative
    expected = f'<a id="{document.pk}" linktype="document">the rules</a>'
    assert expected in hall.body[2].value.source
    for block in hall.body:
        block.block.clean(block.value)


def test_what_lies_outside_the_folder_stays_there(
    run_import, write_folder, tmp_path, imported, png
):
    (tmp_path / "secret.png").write_bytes(png)
    (tmp_path / "secret.pdf").write_bytes(b"%PDF-")
    (tmp_path / "out.html").write_text(page("Out"))
    sources = [
        "../secret.png",
        "/../../secret.png",
        "%2e%2e/secret.png",
        "link.png",
        str(tmp_path / "secret.png"),
        "http://localhost/secret.png",
        "//example.com/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "a%00.png",
    ]
    body = "".join(f"<img src='{source}' alt=''>" for source in sources)
    links = "<p><a href='../secret.pdf'>a</a> <a href='/../secret.pdf'>b</a></p>"
    folder = write_folder(**{"a.html": page("A", body + links)})
    os.symlink(tmp_path / "secret.png", folder / "link.png")
    os.symlink(tmp_path / "out.html", folder / "out.html")
    os.symlink(tmp_path, folder / "up")
    report, _ = run_import(folder)
    assert not Image.objects.exists()
    assert not Document.objects.exists()
    assert report.count("A picture is missing") == len(sources)
    assert "out.html is a link to elsewhere: not followed." in report
    assert [block.block_type for block in imported("a").body] == ["text"]
    assert Page.objects.filter(title="Out").count() == 0


def test_files_that_could_not_be_uploaded_are_not_imported(
    run_import, write_folder, settings, png
):
    settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS = 700
    body = "".join(
        f"<img src='{name}' alt=''>"
        for name in ("large.png", "not.png", "other.gif", "bad.svg", "gone.png")
    )
    links = "<p><a href='fake.pdf'>a</a> <a href='gone.docx'>b</a></p>"
    folder = write_folder(
        **{
            "a.html": page("A", body + links),
            "large.png": png,
            "not.png": b"<html>",
            "other.gif": png,
            "bad.svg": b"<svg/>",
            "fake.pdf": b"MZ",
        }
    )
    report, _ = run_import(folder)
    assert report.count("A picture is missing") == 5
    assert "too many pixels" in report
    assert "not a valid .pdf file" in report
    assert "'b': there is no such file (gone.docx)." in report
    assert not Image.objects.exists()
    assert not Document.objects.exists()


def test_old_addresses_come_from_the_page_or_from_the_option(
    run_import, write_folder, client, make_page
):
    canonical = page("B").replace(
        "<title>", "<link rel=canonical href='https://old.example/b.aspx?id=3'><title>"
    )
    folder = write_folder(**{"x/a.html": page("A"), "b.html": canonical})
    run_import(folder, old_address="https://old.example/site/")
    response = client.get("/site/x/a.html")
    assert response.status_code == 301
    assert response["Location"] == "/stronger-communities/x/a/"
    assert client.get("/b.aspx?id=3")["Location"] == "/stronger-communities/b/"
