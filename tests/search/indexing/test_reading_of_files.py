"""A file is read once it is stored; a bad one harms no one and is reported."""

import logging
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse
from wagtail.models import Collection, GroupCollectionPermission

from search.indexing import linked_documents
from search.indexing.documents import SearchFile
from search.indexing.files.extraction import FileProblem, ReaderError
from search.indexing.linked_documents import read_new_files
from search.indexing.pages import rebuild
from tests.search.indexing.files.made_files import BAD, GOOD
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


# Read once, after the commit


def test_file_is_read_after_the_transaction_that_stores_it(
    section, reader, search_for, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        offer(save_file(), section)
    assert reader.read == []
    assert search_for("hedgehogs").count == 0
    for callback in callbacks:
        callback()
    assert reader.read == [b"Hedgehogs"]
    assert search_for("hedgehogs").titles == ["Wildlife"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_transaction_is_open_while_a_file_is_read(section, reader, monkeypatch):
    inside = []

    def read_file(file, extension):
        inside.append(connection.in_atomic_block)
        return reader(file, extension)

    monkeypatch.setattr(linked_documents, "read_file", read_file)
    with transaction.atomic():
        save_file()
        assert inside == []
    assert inside == [False]
    save_file("Another", b"Foxes")
    assert inside == [False, False]


def test_upload_that_is_rolled_back_is_not_read(
    section, reader, django_capture_on_commit_callbacks
):
    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(ZeroDivisionError),
        transaction.atomic(),
    ):
        raise ZeroDivisionError(save_file())
    assert reader.read == []


def test_replaced_file_is_read_again_and_only_once(
    offered, reader, replace, search_for
):
    plan = offered()
    replace(plan, b"Foxes")
    assert reader.read == [b"Hedgehogs", b"Foxes"]
    assert search_for("foxes").titles == ["Wildlife"]
    assert search_for("hedgehogs").count == 0
    rebuild()
    assert len(reader.read) == 2


def test_change_of_anything_else_reads_nothing(
    section, offered, reader, search_for, django_capture_on_commit_callbacks
):
    plan = offered()
    with django_capture_on_commit_callbacks(execute=True):
        plan.title = "Forest"
        plan.save()
        plan.collection = Collection.get_first_root_node().add_child(name="Papers")
        plan.save()
        offer(plan, section, title="Another page")
        rebuild()
    assert len(reader.read) == 1
    assert search_for("hedgehogs").titles == ["Forest"]


def test_editor_uploads_replaces_and_deletes_a_file(
    section, reader, search_for, admin_client, django_capture_on_commit_callbacks
):
    def send(name, data, *args):
        file = SimpleUploadedFile("plan.pdf", data)
        root = Collection.get_first_root_node()
        values = {"title": "Wildlife", "file": file, "collection": root.pk, "tags": ""}
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
    assert reader.read == [b"%PDF- Hedgehogs", b"%PDF- Foxes"]
    send("wagtaildocs:delete", b"", plan.pk)
    assert search_for("foxes").count == 0


# The reader itself


@pytest.mark.parametrize("extension", GOOD)
def test_text_of_each_format_is_found_from_upload_to_result(
    section, offered, search_for, extension
):
    data, text = GOOD[extension]
    offered("Skip hire", data, f"notes.{extension}")
    answer = search_for("reunion")
    assert answer.titles == ["Skip hire"]
    assert f"({extension.upper()}, " in answer.html.select_one(".result").get_text()
    assert "<mark>réunion</mark>" in answer.extracts[0]
    assert SearchFile.objects.get().body == text


# Bad files, and a reader that is away


def test_file_that_cannot_be_read_now_is_found_by_title_and_read_later(
    offered, reader, search_for, caplog
):
    reader.fails_with = ReaderError("busy")
    offered()
    assert "is not read yet" in caplog.text
    assert search_for("wildlife").titles == ["Wildlife"]
    assert search_for("hedgehogs").count == 0
    assert read_new_files() == 0
    reader.fails_with = None
    call_command("rebuild_search_index")
    assert search_for("hedgehogs").titles == ["Wildlife"]
    assert read_new_files() == 0


def test_text_of_a_replaced_file_is_gone_though_the_new_one_cannot_be_read_now(
    offered, reader, replace, search_for
):
    """What an editor has taken away must not be found: it may be why they did so."""
    plan = offered()
    assert search_for("hedgehogs").count == 1
    reader.fails_with = ReaderError("busy")
    replace(plan, b"Foxes")
    assert search_for("hedgehogs").count == 0
    reader.fails_with = None
    read_new_files()
    assert search_for("foxes").titles == ["Wildlife"]


def test_missing_file_is_found_by_title_and_read_once_it_is_back(
    section, reader, search_for, django_capture_on_commit_callbacks, caplog
):
    with django_capture_on_commit_callbacks(execute=True):
        plan = save_file()
        path = Path(plan.file.path)
        storage = plan.file.storage
        storage.delete(plan.file.name)
        offer(plan, section)
    assert "is not read yet" in caplog.text
    assert search_for("wildlife").titles == ["Wildlife"]
    assert read_new_files() == 0
    # Its own folder went with it.
    path.parent.mkdir()
    path.write_bytes(b"Hedgehogs")
    assert read_new_files() == 1
    assert search_for("hedgehogs").titles == ["Wildlife"]


def test_one_missing_file_does_not_keep_others_from_being_read(
    section, reader, django_capture_on_commit_callbacks
):
    first, second = save_file("First"), save_file("Second", b"Foxes")
    first.file.storage.delete(first.file.name)
    assert read_new_files() == 1
    assert reader.read == [b"Foxes"]
    assert SearchFile.objects.get(pk=second.pk).body == "Foxes"


def test_file_deleted_while_it_is_read_leaves_no_text(section, reader, monkeypatch):
    plan = save_file()

    def read_file(file, extension):
        Document.objects.get(pk=plan.pk).delete()
        return reader(file, extension)

    monkeypatch.setattr(linked_documents, "read_file", read_file)
    linked_documents.read_document(plan)
    assert SearchFile.objects.get(pk=plan.pk).body == ""


def test_file_replaced_while_it_is_read_keeps_the_newer_text(
    section, reader, monkeypatch, django_capture_on_commit_callbacks
):
    plan = save_file()

    def read_slowly(file, extension):
        monkeypatch.setattr(linked_documents, "read_file", reader)
        reading = reader(file, extension)
        with django_capture_on_commit_callbacks(execute=True):
            newer = Document.objects.get(pk=plan.pk)
            save_over(newer, b"Foxes")
        return reading

    monkeypatch.setattr(linked_documents, "read_file", read_slowly)
    linked_documents.read_document(plan)
    assert SearchFile.objects.get(pk=plan.pk).body == "Foxes"


def save_over(document, data):
    document.file = SimpleUploadedFile("new.pdf", data)
    document._set_document_file_metadata()
    document.save()


# The report


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
def sign_in(client, django_user_model):
    """Return a function that signs in a user with permissions."""

    def sign(*actions, collection=None, others=()):
        user = django_user_model.objects.create_user("officer", password="x")
        group = Group.objects.create(name="Some role")
        for codename in ("access_admin", *others):
            group.permissions.add(Permission.objects.get(codename=codename))
        for action in actions:
            GroupCollectionPermission.objects.create(
                group=group,
                collection=collection or Collection.get_first_root_node(),
                permission=Permission.objects.get(codename=f"{action}_document"),
            )
        user.groups.add(group)
        client.force_login(user)
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
    assert search_for("hedgehogs").count == len(SORTS)
    assert not caplog.records


@pytest.mark.parametrize("name", ["costs.xlsx", "costs.csv"])
def test_kinds_that_are_not_read_are_found_by_title_and_not_reported(
    offered, search_for, admin_client, name
):
    offered("Costs of hedgehogs", b"Foxes,5", name)
    assert search_for("hedgehogs").titles == ["Costs of hedgehogs"]
    assert search_for("foxes").count == 0
    assert reported(admin_client) == []


def test_every_problem_that_is_reported_has_advice():
    for problem in FileProblem:
        advice = SearchFile(problem=problem).advice
        is_reported = problem not in (FileProblem.NONE, FileProblem.UNSUPPORTED)
        assert bool(advice) == is_reported


def test_report_follows_files_that_are_replaced_or_deleted(
    offered, reader, replace, admin_client
):
    reader.problem = FileProblem.DAMAGED
    first, second = offered("First"), offered("Second", b"Foxes")
    assert [row[0] for row in reported(admin_client)] == ["First", "Second"]
    reader.problem = FileProblem.NONE
    replace(first, b"Owls")
    assert [row[0] for row in reported(admin_client)] == ["Second"]
    second.delete()
    assert reported(admin_client) == []


def test_report_leads_to_the_file_and_escapes_its_title(offered, reader, admin_client):
    reader.problem = FileProblem.DAMAGED
    plan = offered("<script>x</script>")
    html = admin_client.get(reverse(REPORT)).content.decode()
    assert "<script>x" not in html
    assert f'href="{reverse("wagtaildocs:edit", args=[plan.pk])}"' in html


@pytest.mark.parametrize("action", ["add", "change"])
def test_report_is_for_those_who_upload_files(offered, reader, client, sign_in, action):
    reader.problem = FileProblem.DAMAGED
    offered(uploaded_by_user=sign_in(action))
    assert [row[0] for row in reported(client)] == ["Wildlife"]
    assert reverse(REPORT) in client.get(reverse("wagtailadmin_home")).content.decode()


@pytest.mark.parametrize("name", [REPORT, "unread_files_report_results"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_report_is_refused_to_everyone_else(
    offered, reader, client, sign_in, name, signed_in
):
    reader.problem = FileProblem.DAMAGED
    offered("Quetzals")
    if signed_in:
        sign_in("choose", others=["view_loggedsearch", "add_synonymsnippet"])
        home = client.get(reverse("wagtailadmin_home")).content.decode()
        assert reverse("searches_report") in home
        assert reverse(REPORT) not in home
    assert client.get(reverse(name)).status_code == 302
    followed = client.get(reverse(name), follow=True).content.decode()
    assert "Quetzals" not in followed


def test_report_holds_only_files_of_collections_that_the_editor_may_change(
    offered, reader, client, sign_in
):
    reader.problem = FileProblem.DAMAGED
    root = Collection.get_first_root_node()
    own, others = root.add_child(name="Ours"), root.add_child(name="Theirs")
    offered("Our plan", collection=own)
    offered("Dismissal of J. Smith", b"Foxes", collection=others)
    sign_in("change", collection=own)
    assert [row[0] for row in reported(client)] == ["Our plan"]
