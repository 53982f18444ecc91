"""Pages from a CSV file: what is read, what is refused, and why."""

import re
from datetime import date

from django.test import Client
from django.urls import reverse
from wagtail.models import Page, PageLogEntry

from community.models import CommunityIndexPage, PartnershipPage, PolicyUpdatePage
from home.content_version import get_content_version
from home.models import ImportedPage, StandardPage
from search.models import SearchDocument
from stockton_cms.operations.importer.sources import read_csv
from tests.community.subscriptions.people import change, queued, subscribe

NO_PROBLEMS = ([], [], [], [], [])


def below(section):
    return Page.objects.descendant_of(section)


def test_a_row_becomes_a_page_like_one_that_was_published_by_hand(
    run_import, write_csv, imported, client, section, admin_user
):
    admin_client = Client()
    admin_client.force_login(admin_user)
    before = get_content_version()
    subscribe("ann@example.org", section)
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

    assert page.live
    assert not page.has_unpublished_changes
    assert page.latest_revision == page.live_revision
    assert page.first_published_at == page.last_published_at
    saved = page.latest_revision.as_object()
    assert saved.body[0].value.source == "<p>Come <b>in</b>.</p>"
    actions = PageLogEntry.objects.filter(page=page.pk).values_list("action", flat=True)
    assert sorted(actions) == ["wagtail.create", "wagtail.edit", "wagtail.publish"]
    assert SearchDocument.objects.get(pk=page.pk).is_public
    assert Page.find_problems() == NO_PROBLEMS

    # Subscribers of the section hear only of what an officer changes then.
    assert queued() == []
    first = page.latest_revision_id
    change(page)
    assert queued() == [("ann@example.org", "changed", page.title)]
    # What was imported can be compared with that, and restored.
    history = reverse("wagtailadmin_pages:history", args=[page.pk])
    html = admin_client.get(history).content.decode()
    for name, args in (("revert", [first]), ("compare", [first, "latest"])):
        address = reverse(f"wagtailadmin_pages:revisions_{name}", args=[page.pk, *args])
        assert f'"{address}"' in html
        assert admin_client.get(address).status_code == 200


def test_drafts_stay_drafts_and_types_are_chosen_by_row_and_by_default(
    run_import, write_csv, imported, client
):
    source = write_csv(
        "title,type,state", "One,,draft", "Two,Policy,", "Three,section,"
    )
    run_import(source, type="partnership")
    kinds = {
        "one": PartnershipPage,
        "two": PolicyUpdatePage,
        "three": CommunityIndexPage,
    }
    for slug, kind in kinds.items():
        assert isinstance(imported(slug), kind)
        assert imported(slug).live is (slug != "one")
    assert imported("one").latest_revision
    assert imported("one").has_unpublished_changes
    assert client.get("/stronger-communities/one/").status_code == 404
    run_import(write_csv("title", "Water"), draft=True)
    assert not imported("water").live
    assert not SearchDocument.objects.filter(pk=imported("water").pk).exists()


def test_excel_s_ways_of_writing_are_all_read(write_csv):
    for encoding, separator in (
        ("utf-8", ";"),
        ("utf-8-sig", ","),
        ("cp1252", ","),
        ("utf-16", "\t"),
    ):
        rows = (f"title{separator}summary", f"Café – open{separator}£5")
        notes = []
        path = write_csv(*rows, encoding=encoding)
        [record] = read_csv(path, lambda *note, notes=notes: notes.append(note))
        assert (record.said["title"], record.slug) == ("Café – open", "cafe-open")
        assert record.said["summary"] == "£5"
        assert bool(notes) is (encoding == "cp1252")


def test_rows_may_be_below_others_or_below_pages_of_the_site(
    run_import, write_csv, imported, section
):
    section.add_child(instance=CommunityIndexPage(title="Here", slug="here"))
    source = write_csv(
        "title,slug,parent,old_address",
        "Leaf,leaf,food/fruit,",
        "Fruit,fruit,food,",
        "Food,food,,",
        "Other leaf,other-leaf,/old/drink,",
        "Drink,drink,,https://old.example.gov.uk/old/drink",
        "One,one,here,",
        "Two,two,/stronger-communities/here/,",
        "Three,three,/nowhere/,",
    )
    report, error = run_import(source)
    assert imported("leaf").url == "/stronger-communities/food/fruit/leaf/"
    assert imported("other-leaf").url == "/stronger-communities/drink/other-leaf/"
    assert isinstance(imported("fruit"), CommunityIndexPage)
    here = Page.objects.get(slug="here")
    assert {page.slug for page in here.get_children()} == {"one", "two"}
    assert "refused: There is no page '/nowhere/' to put it below. (line 9)" in report
    assert "Refused: 1" in error
    assert Page.find_problems() == NO_PROBLEMS


def test_slugs_are_unique_among_siblings(run_import, write_csv, section):
    section.add_child(instance=StandardPage(title="Food", slug="food"))
    run_import(write_csv("title,slug", "Food,food", "Food,food", "A,a-to-z", "???,"))
    slugs = list(below(section).values_list("slug", flat=True))
    assert slugs == ["food", "food-2", "food-3", "a-to-z-2", "page"]


HEADINGS = "title,summary,body,type,state,review_on,owner_name,owner_email,parent,slug"
REFUSALS = [
    ({"title": "", "summary": "No title"}, "title: This field is required."),
    ({"body": "a\0b"}, "body: Null characters are not allowed."),
    ({"body": "x" * 1_000_001}, "body: Ensure this value has at most"),
    ({"type": "novel"}, "type: Select a valid choice. novel is not one"),
    ({"state": "maybe"}, "state: Select a valid choice."),
    ({"review_on": "31/02/2027"}, "review_on: Enter a valid date."),
    ({"owner_email": "me"}, "owner_email: Enter an email address"),
    ({"owner_name": "x" * 101}, "owner_name: Ensure this value has at"),
    ({"title": "F" * 256}, "title: Ensure this value has at most 255 characters"),
    ({"parent": "food", "slug": "food"}, "It is named as its own parent."),
    ({"slug": "food,more"}, "It has 11 cells for 10 headings."),
]


def test_bad_rows_are_refused_with_their_lines_and_the_others_are_not(
    run_import, write_csv, section
):
    names = HEADINGS.split(",")
    rows = [
        ",".join(({"title": "Food"} | values).get(name, "") for name in names)
        for values, _ in REFUSALS
    ]
    report, error = run_import(write_csv(HEADINGS, *rows, "Good" + "," * 9))
    for line, (_, why) in enumerate(REFUSALS, start=2):
        pattern = rf"^refused: {re.escape(why)}.*\(line {line}\)$"
        assert re.search(pattern, report, re.MULTILINE), why
    assert f"Refused: {len(REFUSALS)}" in error
    assert [page.slug for page in below(section)] == ["good"]


def test_what_has_no_place_in_the_tree_is_refused(run_import, write_csv, section):
    source = write_csv(
        "title,slug,type,parent,old_address",
        *("A,a,,b,", "B,b,,a,", "C,c,,b,", "D,d,standard,,", "E,e,,d,"),
        *("F,f,policy,/,", "G,g,,,/old", "H,h,,,https://x.example/old/"),
    )
    report, _ = run_import(source)
    assert "Its parents form a loop through line 3. (line 2)" in report
    assert "A standard page cannot be below a standard page. (line 6)" in report
    assert "Its parent '/' is outside the section. (line 7)" in report
    assert "Its old address is that of line 8 already. (line 9)" in report
    assert {page.slug for page in below(section)} == {"d", "g"}


FAULTS = [
    (b"", "The file is empty."),
    (b"title,body\r\n", "There is no page in the source"),
    (b"name,body\r\nA,b\r\n", "There is no column 'title'."),
    (b"title,Title\r\nA,b\r\n", "The column 'title' appears twice."),
    (b"title\r\nCaf\xe9 \x81\r\n", "neither UTF-8 nor Windows-1252"),
]


def test_a_source_that_cannot_be_read_is_answered_in_one_sentence(
    run_import, tmp_path, write_csv
):
    path = tmp_path / "pages.csv"
    for data, why in FAULTS:
        path.write_bytes(data)
        assert why in run_import(path)[1]
    (tmp_path / "pages.docx").write_bytes(b"x")
    for name in ("none", "pages.docx"):
        assert "neither a .csv file nor a folder" in run_import(tmp_path / name)[1]
    assert "no page at '/nowhere/'" in run_import(path, under="/nowhere/")[1]


def test_long_texts_and_unknown_columns_are_no_obstacle(
    run_import, write_csv, imported
):
    source = write_csv(
        "title,body,Colour,summary", f'A,"{"word " * 20_000}\n",r,{"x" * 300}', ",x,,"
    )
    report, _ = run_import(source)
    assert "Columns ignored: colour." in report
    assert "The summary was cut to 200 characters." in report
    assert len(imported("a").body[0].value.source) > 99_000
    # The cell before it spans two lines.
    assert "(line 4)" in report


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
