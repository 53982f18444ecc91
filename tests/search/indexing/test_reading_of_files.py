"""A file is read once it is stored; a bad one harms no one and is reported."""

import logging

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse
from wagtail.models import Collection, GroupCollectionPermission

from search.indexing import receivers
from search.indexing.documents import SearchFile
from search.indexing.extraction import FileProblem, ReaderError
from search.indexing.receivers import read_new_files, rebuild
from tests.search.indexing.files.made_files import BAD, GOOD, make_pdf
from tests.search.indexing.files.offering import Document, offer, save_file

REPORT = "unread_files_report"


@pytest.fixture
def offered(section, upload):
    """Return a function that uploads a file and makes a page that offers it."""

    def make(*args, **values):
        document = upload(*args, **values)
        offer(document, section, title="Papers to read")
        return document

    return make


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_transaction_is_open_while_a_file_is_read(section, reader, monkeypatch):
    inside = []

    def read_file(file, extension):
        inside.append(connection.in_atomic_block)
        return reader(file, extension)

    monkeypatch.setattr(receivers, "read_file", read_file)
    with transaction.atomic():
        save_file()
        assert inside == []
    assert inside == [False]


def test_editor_uploads_replaces_and_deletes_a_file(
    section, reader, search_for, admin_client, django_capture_on_commit_callbacks
):
    def send(name, data, *args, title="Wildlife"):
        file = SimpleUploadedFile("plan.pdf", data) if data else ""
        root = Collection.get_first_root_node()
        values = {"title": title, "file": file, "collection": root.pk, "tags": ""}
        with django_capture_on_commit_callbacks(execute=True):
            response = admin_client.post(reverse(name, args=args), values)
        assert response.status_code == 302

    send("wagtaildocs:add", b"%PDF- Hedgehogs")
    plan = Document.objects.get()
    offer(plan, section)
    assert search_for("hedgehogs").titles == ["Wildlife"]
    send("wagtaildocs:edit", b"%PDF- Foxes", plan.pk)
    assert search_for("foxes").titles == ["Wildlife"]
    assert search_for("hedgehogs").count == 0
    # Nothing else reads it again.
    send("wagtaildocs:edit", b"", plan.pk, title="Forest")
    offer(plan, section, title="Another page")
    rebuild()
    assert reader.read == [b"%PDF- Hedgehogs", b"%PDF- Foxes"]
    assert search_for("foxes").titles == ["Forest"]
    send("wagtaildocs:delete", b"", plan.pk)
    assert search_for("foxes").count == 0


@pytest.mark.parametrize("extension", GOOD)
def test_text_of_each_format_is_found_from_upload_to_result(
    section, offered, search_for, extension
):
    data, text = GOOD[extension]
    offered("Skip hire", data, f"Notes.{extension.upper()}")
    answer = search_for("reunion")
    assert answer.titles == ["Skip hire"]
    assert f"({extension.upper()}, " in answer.html.select_one(".result").get_text()
    assert "<mark>réunion</mark>" in answer.extracts[0]
    assert SearchFile.objects.get().body == text


def test_result_of_a_pdf_names_the_page(offered, search_for):
    offered("Plan", make_pdf("First", "The hedgehog sleeps. It is warm.", "Last"))
    answer = search_for("hedgehog")
    link = answer.html.select_one(".result > p:not(.result__facts) a")
    assert link.get_text() == "Page 2"
    assert link["href"].endswith("#page=2")
    extract = answer.html.select_one(".result > p:last-child").get_text()
    assert extract == "The hedgehog sleeps. It is warm."
    assert search_for("plan").html.select(".result > p:not(.result__facts) a") == []


def test_file_that_cannot_be_read_now_is_found_by_title_and_read_later(
    offered, reader, replace, search_for, caplog
):
    reader.fails_with = ReaderError("busy")
    plan = offered()
    assert "is not read yet" in caplog.text
    assert search_for("wildlife").titles == ["Wildlife"]
    assert search_for("hedgehogs").count == 0
    assert read_new_files() == 0
    reader.fails_with = None
    call_command("rebuild_search_index")
    assert search_for("hedgehogs").titles == ["Wildlife"]
    assert read_new_files() == 0
    # What an editor has replaced is not found: it may be why they did so.
    reader.fails_with = ReaderError("busy")
    replace(plan, b"Foxes")
    assert search_for("hedgehogs").count == 0
    reader.fails_with = None
    read_new_files()
    assert search_for("foxes").titles == ["Wildlife"]


def test_file_replaced_or_deleted_while_it_is_read_keeps_no_older_text(
    section, reader, replace, monkeypatch
):
    def replace_it():
        replace(plan, b"Foxes")

    def delete_it():
        Document.objects.get(pk=plan.pk).delete()

    for act, text in ((replace_it, "Foxes"), (delete_it, "")):
        plan = save_file()

        def read_slowly(file, extension, act=act):
            monkeypatch.setattr(receivers, "read_file", reader)
            reading = reader(file, extension)
            act()
            return reading

        monkeypatch.setattr(receivers, "read_file", read_slowly)
        receivers.read_document(plan)
        assert SearchFile.objects.get(pk=plan.pk).body == text


def reported(client, name=REPORT):
    """Return the rows of the report: each file, why, and what to do."""
    response = client.get(reverse(name))
    assert response.status_code == 200
    html = BeautifulSoup(response.content, "html.parser")
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("td")]
        for row in html.select("table.listing tbody tr")
    ]


@pytest.fixture
def sign_in(enter_admin):
    """Return a function that signs in a user who may act on a collection's files."""

    def sign(action, collection=None):
        group = Group.objects.create(name="Some role")
        GroupCollectionPermission.objects.create(
            group=group,
            collection=collection or Collection.get_first_root_node(),
            permission=Permission.objects.get(codename=f"{action}_document"),
        )
        user = enter_admin("view_loggedsearch", "add_synonymsnippet")
        user.groups.add(group)
        return user

    return sign


SORTS = {
    "scanned PDF": "scanned images",
    "PDF with a password": "password protected",
    "half of a docx file": "damaged",
    "larger than an upload": "too large",
}


def test_files_that_were_not_read_are_reported_with_advice(
    offered, search_for, admin_client, caplog
):
    caplog.set_level(logging.ERROR)
    for name in SORTS:
        data, extension, _ = BAD[name]
        offered(f"Hedgehogs: {name}", data, f"file.{extension}")
    listed = reported(admin_client)
    rows = {title.split(": ")[1]: (why, do) for title, why, do in listed}
    assert set(rows) == set(SORTS)
    for name, said in SORTS.items():
        assert said in rows[name][0]
    assert len({do for _, do in rows.values()}) == len(SORTS)
    assert all(len(do) > 20 for _, do in rows.values())
    assert reported(admin_client, f"{REPORT}_results") == listed
    # Kinds that are never read are not reported.
    for name in ("costs.xlsx", "costs.csv"):
        offered("Hedgehogs: costs", b"Foxes,5", name)
    assert reported(admin_client) == listed
    assert search_for("hedgehogs").count == len(SORTS) + 2
    assert search_for("foxes").count == 0
    assert not caplog.records


@pytest.mark.parametrize("action", ["add", "change"])
def test_report_holds_files_of_collections_that_the_editor_may_change(
    offered, reader, replace, client, sign_in, action
):
    reader.problem = FileProblem.DAMAGED
    root = Collection.get_first_root_node()
    own, others = root.add_child(name="Ours"), root.add_child(name="Theirs")
    user = sign_in(action, collection=own)
    plan = offered("<i>Our plan", collection=own, uploaded_by_user=user)
    offered("Dismissal of J. Smith", b"Foxes", collection=others)
    assert [row[0] for row in reported(client)] == ["<i>Our plan"]
    html = client.get(reverse(REPORT)).content.decode()
    assert f'href="{reverse("wagtaildocs:edit", args=[plan.pk])}"' in html
    assert reverse(REPORT) in client.get(reverse("wagtailadmin_home")).content.decode()
    reader.problem = FileProblem.NONE
    replace(plan, b"Owls")
    assert reported(client) == []
