"""Imports that are repeated, interrupted, or run while officers and others work."""

import fcntl
from pathlib import Path

import pytest
from django.db import connection
from wagtail.contrib.redirects.models import Redirect
from wagtail.images.models import Image
from wagtail.models import Page

from home.models import StandardPage
from stockton_cms.operations.importer import run
from stockton_cms.operations.importer.run import Import

ROWS = ("title,slug,body", "Food,food,One", "Drink,drink,Two")


def below(section):
    return Page.objects.descendant_of(section)


def test_only_what_changed_in_the_source_is_changed(
    run_import, write_csv, section, imported
):
    run_import(write_csv(*ROWS))
    before = imported("food").latest_revision_id
    assert "as it is: 2" in run_import(write_csv(*ROWS))[0]
    changed = (*ROWS[:2], "Drinks,drink,Three")
    report, _ = run_import(write_csv(*changed))
    assert "change: /stronger-communities/drink/ (line 3)" in report
    page = imported("drink")
    assert (page.title, page.body[0].value.source) == ("Drinks", "<p>Three</p>")
    assert page.live
    assert not page.has_unpublished_changes
    assert not page.change_notes.exists()
    assert "as it is: 2" in run_import(write_csv(*changed))[0]
    assert below(section).count() == 2
    assert imported("food").latest_revision_id == before


def test_what_officers_did_stays_unless_it_is_to_be_overwritten(
    run_import, write_csv, imported, home
):
    slugs = ("edited", "hidden", "moved", "deleted", "leaf")
    rows = [f"{slug} {{0}},{slug},{{0}}," for slug in slugs[:4]] + ["{0},leaf,,deleted"]

    def source(word):
        return write_csv("title,slug,body,parent", *(row.format(word) for row in rows))

    run_import(source("one"))
    edited = imported("edited")
    edited.title = "Our own"
    edited.save_revision().publish()
    imported("hidden").unpublish()
    imported("moved").move(home, pos="last-child")
    imported("deleted").delete()
    report, error = run_import(source("two"))
    assert error == ""
    assert "left, edited since: /stronger-communities/edited/ (line 2)" in report
    assert "left, deleted since: 2" in report
    assert imported("edited").title == "Our own"
    hidden = imported("hidden")
    assert not hidden.live
    assert hidden.latest_revision.as_object().title == "hidden two"
    assert imported("moved").url == "/moved/"
    assert imported("moved").title == "moved two"
    run_import(source("two"), overwrite=True)
    assert imported("edited").title == "edited two"
    assert imported("leaf").url == "/stronger-communities/deleted/leaf/"


@pytest.mark.parametrize(
    ("step", "live_then", "made_then"),
    [("_create", [], ["p-0", "p-1"]), ("_save", ["p-0", "p-1"], None)],
)
def test_an_interrupted_import_goes_on_where_it_stopped(
    run_import, write_csv, section, monkeypatch, step, live_then, made_then
):
    monkeypatch.setattr(run, "BATCH_SIZE", 2)
    slugs = [f"p-{number}" for number in range(5)]
    rows = [
        f"Page {n},p-{n},<a href=/old/{(n + 3) % 5}>x</a>,/old/{n}" for n in range(5)
    ]
    source = write_csv("title,slug,body,old_address", *rows)
    original = getattr(Import, step)

    def stop(self, record, *args):
        if record.slug == "p-3":
            raise KeyboardInterrupt
        original(self, record, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Import, step, stop)
        with pytest.raises(KeyboardInterrupt):
            run_import(source)
    # The second batch was not finished, so none of it is there.
    assert [page.slug for page in below(section)] == (made_then or slugs)
    assert [page.slug for page in below(section).live()] == live_then
    report, _ = run_import(source)
    done = len(live_then)
    assert f"create: {5 - done}, change: 0, as it is: {done}" in report
    assert below(section).live().count() == 5
    assert Page.find_problems() == ([], [], [], [], [])
    for number in range(5):
        page = StandardPage.objects.get(slug=f"p-{number}")
        to = StandardPage.objects.get(slug=f"p-{(number + 3) % 5}")
        assert f'id="{to.pk}"' in page.body[0].value.source
        revision = page.latest_revision.as_object()
        assert f'id="{to.pk}"' in revision.body[0].value.source


def test_files_of_a_batch_that_is_not_saved_are_deleted(
    run_import, write_folder, png, settings, monkeypatch
):
    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(Import, "_redirect", fail)
    html = "<main><h1>A</h1><img src=a.png alt=''></main>"
    with pytest.raises(KeyboardInterrupt):
        run_import(write_folder(**{"a.html": html, "a.png": png}))
    assert not [*Path(settings.MEDIA_ROOT).rglob("*.png")]
    assert not Image.objects.exists()


def test_a_second_import_at_the_same_time_is_refused(run_import, write_csv, settings):
    source = write_csv(*ROWS)
    if connection.vendor == "sqlite":
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with (settings.DATA_DIR / "import.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert "Another import is still running" in run_import(source)[1]
    assert run_import(source)[1] == ""


def test_old_addresses_lead_to_the_pages(run_import, write_csv, client):
    source = write_csv(
        "title,old_address", "Food,https://old.example.gov.uk/Food%20Banks/?b=2&a=1"
    )
    run_import(source)
    run_import(source)
    assert Redirect.objects.get().old_path == "/Food%20Banks?a=1&b=2"
    response = client.get("/Food%20Banks?b=2&a=1")
    assert response["Location"] == "/stronger-communities/food/"


def test_no_redirect_hides_a_page_overrules_staff_or_goes_in_circles(
    run_import, write_csv, section, home
):
    home.add_child(instance=StandardPage(title="Here", slug="here"))
    Redirect.add_redirect("/known", "https://example.com/")
    Redirect.add_redirect("/stronger-communities/c", "/old-c")
    source = write_csv(
        "title,slug,old_address",
        "A,a,/here/",
        "B,b,/known",
        "C,c,/old-c",
        "D,d,/stronger-communities/d/",
    )
    before = set(Redirect.objects.values_list("pk", flat=True))
    report, error = run_import(source)
    assert "No redirect: a page of the site answers at /here." in report
    assert "No redirect: /known has one already." in report
    assert "leads away from /stronger-communities/c, so it could be a circle" in report
    assert error == ""
    assert set(Redirect.objects.values_list("pk", flat=True)) == before


def test_links_to_refused_and_to_old_pages(run_import, write_csv, imported):
    source = write_csv(
        "title,slug,body,type,old_address",
        "A,a,<p><a href=b>B</a> <a href=https://old.example/x/c>C</a></p>,,"
        "https://old.example/x/a",
        "B,b,,novel,https://old.example/x/b",
        "C,c,,,https://old.example/x/c",
    )
    report, _ = run_import(source)
    expected = f'<p>B <a id="{imported("c").pk}" linktype="page">C</a></p>'
    assert imported("a").body[0].value.source == expected
    assert "'B': a link that leads nowhere (b)." in report
