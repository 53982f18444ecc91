"""Nothing can change an entry of the alert history (A8)."""

from contextlib import contextmanager

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from community.models import AlertHistoryEntry
from tests.factories import AlertFactory

TABLE = AlertHistoryEntry._meta.db_table
IS_SQLITE = connection.vendor == "sqlite"


def last():
    return AlertHistoryEntry.objects.first()


@pytest.fixture
def entry(home):
    AlertFactory(heading="Floods in Yarm")
    return last()


def save_as_new(entry):
    entry._state.adding = True
    entry.save()


def upsert(entry):
    AlertHistoryEntry.objects.bulk_create(
        [entry], update_conflicts=True, update_fields=["text"], unique_fields=["id"]
    )


def test_entry_cannot_be_changed_in_code(entry):
    for change in (AlertHistoryEntry.save, AlertHistoryEntry.delete, upsert):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(last())
        assert last().heading == "Floods in Yarm"


STATEMENTS = [
    f"UPDATE {TABLE} SET heading = 'x'",  # noqa: S608
    f"DELETE FROM {TABLE}",  # noqa: S608
    f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE}"  # noqa: S608
    if IS_SQLITE
    else f"TRUNCATE {TABLE}",
]


def run(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def without_triggers():
    with connection.cursor() as cursor:
        if IS_SQLITE:
            cursor.execute(
                "SELECT name FROM sqlite_master "
                "WHERE type = 'trigger' AND tbl_name = %s",
                [TABLE],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
    yield


@pytest.mark.parametrize("statement", STATEMENTS)
def test_entry_cannot_be_changed_in_the_database(statement, entry):
    with pytest.raises(DatabaseError, match="cannot be changed"):
        run(statement)
    assert last().heading == "Floods in Yarm"


@pytest.mark.parametrize("statement", STATEMENTS)
def test_it_is_the_triggers_that_refuse(statement, entry):
    with without_triggers():
        run(statement)


def test_entries_of_a_backup_can_be_put_back(entry):
    dump = serializers.serialize("json", AlertHistoryEntry.objects.all())
    with without_triggers():
        run(STATEMENTS[1])
    (restored,) = serializers.deserialize("json", dump)
    restored.save()
    assert last().heading == "Floods in Yarm"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_tests_with_transactions_leave_the_triggers_in_place():
    AlertFactory()
    entry = last()
    # Numbers go on, or what is put back afterwards would take those of new pages.
    options = {"inhibit_post_migrate": True, "reset_sequences": False}
    call_command("flush", interactive=False, **options)
    assert not AlertHistoryEntry.objects.exists()
    save_as_new(entry)
    with pytest.raises(DatabaseError, match="cannot be changed"):
        run(STATEMENTS[0])
