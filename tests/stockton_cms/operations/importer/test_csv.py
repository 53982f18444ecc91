"""Pages from a CSV file: what is read, what is refused, and why."""

from datetime import date

import pytest
from wagtail.models import Page, PageLogEntry

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.content_version.counter import get_content_version
from home.models import ImportedPage, StandardPage
from search.models import SearchDocument
from tests.community.subscriptions.people import change, queued, subscribe

GOOD = (
    "Title,Slug,Summary,Body,Type,Parent,Old address,Owner name,Owner email,Review on,"
    "Search words"
)


def below(section):
    return Page.objects.descendant_of(section)


def test_a_row_becomes_a_published_page_with_all_its_fields(
    run_import, write_csv, imported, client
):
    before = get_content_version()
    source = write_csv(
        "Title,SLUG,summary,body,owner name,owner_email,review on,search words",
        "Food &amp; <b>drink</b>,food,Where to eat,<p>Come <b>in</b>.</p>,Team,"
        "team@example.gov.uk,31/03/2027,hungry",
    )
    report, error = run_import(source)
    assert error == ""
    assert "create: /stronger-communities/food/ (line 2)" in report
    page = imported("food")
    assert isinstance(page, StandardPage)
    assert page.title == page.draft_title == "Food & drink"
    assert (page.summary, page.owner_name) == ("Where to eat", "Team")
    assert page.owner_email == "team@example.gov.uk"
    assert page.review_on == date(2027, 3, 31)
    assert page.search_words == "hungry"
    assert page.body[0].value.source == "<p>Come <b>in</b>.</p>"
    assert client.get(page.url).status_code == 200
    assert get_content_version() > before


def test_an_imported_page_is_like_one_that_was_published_by_hand(
    run_import, write_csv, imported
):
    run_import(write_csv("title,body", "Food,Plenty"))
    page = imported("food")
    assert page.live
    assert not page.has_unpublished_changes
    assert page.latest_revision == page.live_revision
    assert page.first_published_at == page.last_published_at
    assert page.latest_revision.as_object().body[0].value.source == "<p>Plenty</p>"
    actions = PageLogEntry.objects.filter(page=page.pk).values_list("action", flat=True)
    assert sorted(actions) == ["wagtail.create", "wagtail.publish"]
    assert SearchDocument.objects.get(pk=page.pk).is_public
    page.title = "Food now"
    page.save_revision().publish()
    assert StandardPage.objects.get(pk=page.pk).title == "Food now"
    assert Page.find_problems() == ([], [], [], [], [])


def test_subscribers_of_the_section_get_no_update_of_what_is_imported(
    run_import, write_csv, imported, section
):
    subscribe("ann@example.org", section)
    run_import(write_csv("title,body", "Food,Plenty"))
    assert queued() == []
    # But of what an officer changes then.
    change(imported("food"))
    assert queued() == [("ann@example.org", "changed", "Food")]


def test_drafts_stay_drafts(run_import, write_csv, imported, client):
    source = write_csv("title,state", "Food,draft", "Drink,published")
    run_import(source)
    assert not imported("food").live
    assert imported("food").latest_revision
    assert imported("food").has_unpublished_changes
    assert imported("drink").live
    assert client.get("/stronger-communities/food/").status_code == 404


def test_all_pages_are_drafts_on_request(run_import, write_csv, imported):
    run_import(write_csv("title", "Food"), draft=True)
    assert not imported("food").live
    assert not SearchDocument.objects.filter(pk=imported("food").pk).exists()


def test_types_are_chosen_by_row_and_by_default(run_import, write_csv, imported):
    source = write_csv("title,type", "One,", "Two,Policy", "Three,section")
    run_import(source, type="partnership")
    assert isinstance(imported("one"), PartnershipPage)
    assert isinstance(imported("two"), PolicyUpdatePage)
    assert isinstance(imported("three"), CommunityIndexPage)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_excel_s_ways_of_writing_are_all_read(
    run_import, write_csv, imported, encoding, separator
):
    rows = (f"title{separator}summary", f"Café – open{separator}£5")
    assert run_import(write_csv(*rows, encoding=encoding))[1] == ""
    page = imported("cafe-open")
    assert (page.title, page.summary) == ("Café – open", "£5")


def test_a_row_below_another_one_makes_that_a_section(
    run_import, write_csv, imported, section
):
    source = write_csv(
        "title,slug,parent,old_address",
        "Leaf,leaf,food/fruit,",
        "Fruit,fruit,food,",
        "Food,food,,",
        "Other leaf,other-leaf,/old/drink,",
        "Drink,drink,,https://old.example.gov.uk/old/drink",
    )
    assert run_import(source)[1] == ""
    assert imported("leaf").url == "/stronger-communities/food/fruit/leaf/"
    assert imported("other-leaf").url == "/stronger-communities/drink/other-leaf/"
    assert isinstance(imported("fruit"), CommunityIndexPage)
    assert Page.find_problems() == ([], [], [], [], [])


def test_a_page_of_the_site_may_be_the_parent(
    run_import, write_csv, section, make_page
):
    section.add_child(instance=CommunityIndexPage(title="Here", slug="here"))
    source = write_csv(
        "title,parent", "One,here", "Two,/stronger-communities/here/", "Three,/nowhere/"
    )
    report, error = run_import(source)
    here = Page.objects.get(slug="here")
    assert {page.slug for page in here.get_children()} == {"one", "two"}
    assert "refused: There is no page '/nowhere/' to put it below. (line 4)" in report
    assert "Refused: 1" in error


def test_slugs_are_unique_among_siblings(run_import, write_csv, section):
    section.add_child(instance=StandardPage(title="Food", slug="food"))
    run_import(write_csv("title,slug", "Food,food", "Food,food", "A,a-to-z", "???,"))
    slugs = list(below(section).values_list("slug", flat=True))
    assert slugs == ["food", "food-2", "food-3", "a-to-z-2", "page"]


REFUSALS = [
    ("title,summary", ",No title", "It has no title."),
    ("title,body", "Food,a\0b", "It contains a NUL character"),
    ("title,type", "Food,novel", "There is no type 'novel'"),
    ("title,state", "Food,maybe", "'maybe' is neither published nor draft"),
    ("title,review_on", "Food,31/02/2027", "review_on: '31/02/2027' is not a day"),
    ("title,owner_email", "Food,me", "owner_email: Enter an email address"),
    ("title", "Food,more", "It has 2 cells for 1 heading."),
    ("title", "F" * 256, "The title is longer than 255 characters."),
    ("title,body", f"Food,{'x' * 1_000_001}", "The text is longer than 1,000,000"),
    ("title,parent", "Food,food", "It is named as its own parent."),
    ("title,owner_name", f"Food,{'x' * 101}", "owner_name: Ensure this value has at"),
]


@pytest.mark.parametrize(("headings", "row", "why"), REFUSALS)
def test_a_bad_row_is_refused_with_its_line_and_the_others_are_not(
    run_import, write_csv, section, headings, row, why
):
    report, error = run_import(write_csv(headings, row, "Good"))
    assert f"refused: {why}" in report
    assert "(line 2)" in report
    assert "Refused: 1" in error
    assert [page.slug for page in below(section)] == ["good"]


def test_parents_in_a_circle_are_refused(run_import, write_csv, section):
    source = write_csv("title,slug,parent", "A,a,b", "B,b,a", "C,c,b", "D,d,")
    report, _ = run_import(source)
    assert "Its parents form a loop through line 3. (line 2)" in report
    assert report.count("refused: ") == 4
    assert [page.slug for page in below(section)] == ["d"]


def test_what_may_not_stand_there_is_refused(run_import, write_csv, section):
    source = write_csv("title,type,parent", "A,standard,", "B,,a", "C,policy,/")
    report, _ = run_import(source)
    assert "A standard page cannot be below a standard page. (line 3)" in report
    assert "Its parent '/' is outside the section. (line 4)" in report


def test_two_rows_of_one_old_address_are_one_too_many(run_import, write_csv):
    source = write_csv("title,old_address", "A,/old", "B,https://x.example/old/")
    report, _ = run_import(source)
    assert "Its old address is that of line 2 already. (line 3)" in report


FAULTS = [
    (b"", "The file is empty."),
    (b"title,body\r\n", "There is no page in the source"),
    (b"name,body\r\nA,b\r\n", "There is no column 'title'."),
    (b"title,Title\r\nA,b\r\n", "The column 'title' appears twice."),
    (b"title\r\nCaf\xe9 \x81\r\n", "neither UTF-8 nor Windows-1252"),
]


@pytest.mark.parametrize(("data", "why"), FAULTS)
def test_a_file_that_cannot_be_read_is_answered_in_one_sentence(
    run_import, tmp_path, data, why
):
    path = tmp_path / "pages.csv"
    path.write_bytes(data)
    assert why in run_import(path)[1]


def test_no_source_and_no_section_are_answered_in_one_sentence(
    run_import, tmp_path, write_csv
):
    assert "There is no file or folder" in run_import(tmp_path / "none")[1]
    other = tmp_path / "pages.docx"
    other.write_bytes(b"x")
    assert "must be a .csv file or a folder" in run_import(other)[1]
    source = write_csv("title", "A")
    assert "no page at '/nowhere/'" in run_import(source, under="/nowhere/")[1]


def test_a_long_text_and_unknown_columns_are_no_obstacle(
    run_import, write_csv, imported
):
    report, error = run_import(
        write_csv("title,body,Colour", f"A,{'word ' * 20_000},r")
    )
    assert error == ""
    assert "Columns ignored: colour." in report
    assert len(imported("a").body[0].value.source) > 99_000


def test_lines_are_counted_where_cells_span_several(run_import, write_csv):
    report, _ = run_import(write_csv("title,body", 'A,"one', "two", '"', ",x"))
    assert "(line 5)" in report


def test_a_dry_run_says_the_same_and_writes_nothing(run_import, write_csv, section):
    source = write_csv(
        "title,body,old_address",
        "A,<p onclick=x>Hi <a href=/nowhere>there</a></p>,/old-a",
        "B,<p>See <a href=/old-a>A</a></p>,",
        ",,",
        ",no title,",
    )
    before = get_content_version()
    dry, dry_error = run_import(source, dry_run=True)
    assert not below(section).exists()
    assert not ImportedPage.objects.exists()
    assert get_content_version() == before
    report, error = run_import(source)
    assert dry == report + "This was a dry run: nothing has been written.\n"
    assert dry_error == error
    assert below(section).count() == 2
