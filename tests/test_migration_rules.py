"""A migration leaves the release before it at work (O7, ADR 26)."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from wagtail.blocks import CharBlock, ChoiceBlock, StructBlock
from wagtail.fields import StreamField

from community.models.alerts import Severity
from home.blocks import BodyBlock
from tests.migration_rules import BASELINE, broken_rules, is_checked

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loader(django_db_setup, django_db_blocker):
    if connection.vendor != "postgresql":
        pytest.skip("The rules read the SQL for PostgreSQL.")
    with django_db_blocker.unblock():
        return MigrationLoader(connection)


@pytest.fixture
def broken_by(loader):
    """Return a function that names the rules which an operation breaks."""

    def check(operation, app="search", **attributes):
        migration = migrations.Migration("a_migration", app)
        migration.operations = [operation]
        vars(migration).update(attributes)
        return broken_rules(migration, loader.project_state())

    return check


def test_our_younger_migrations_keep_the_rules(loader):
    broken, numbers = {}, set()
    for (app, name), migration in loader.disk_migrations.items():
        if app not in BASELINE:
            continue
        numbers.add((app, int(name[:4])))
        assert is_checked(migration) == (int(name[:4]) > BASELINE[app])
        if is_checked(migration):
            state = loader.project_state((app, name), at_end=False)
            broken[str(migration)] = broken_rules(migration, state)
    assert set(BASELINE.items()) <= numbers
    assert not any(broken.values()), "docs/adr/0026 says what to do instead"


def word(**options):
    return models.CharField(max_length=20, **options)


def add(field):
    return migrations.AddField("enquiry", "word", field)


ENQUIRY = "enquiry"
GOOD = [
    add(word(null=True)),
    add(word(default="", db_default="")),
    migrations.AlterField(ENQUIRY, "answer", models.TextField(null=True)),
    # Only the code forgets it.
    migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField(ENQUIRY, "answer")]
    ),
]
BAD = {
    "NOT_NULL": add(word(default="")),
    "DROP_COLUMN": migrations.RemoveField(ENQUIRY, "answer"),
    "RENAME_COLUMN": migrations.RenameField(ENQUIRY, "answer", "reply"),
    "ADD_CHECK": migrations.AddConstraint(
        ENQUIRY, models.CheckConstraint(condition=models.Q(query="x"), name="only")
    ),
    "CREATE_INDEX": migrations.AddIndex(
        ENQUIRY, models.Index(fields=["query"], name="an_index")
    ),
    "RUN_PYTHON": migrations.RunPython(
        lambda apps, editor: None, migrations.RunPython.noop
    ),
    "IRREVERSIBLE": migrations.RunPython(lambda apps, editor: None),
}


def test_only_what_the_old_release_can_live_with_passes(broken_by):
    assert [operation for operation in GOOD if broken_by(operation)] == []
    assert [rule for rule in BAD if rule not in broken_by(BAD[rule])] == []
    for reason in ("", "No release since 2027-01-15 uses it."):
        reviewed = {"DROP_COLUMN": reason}
        broken = broken_by(BAD["DROP_COLUMN"], reviewed=reviewed)
        assert bool(broken) is not bool(reason)


def test_new_choice_and_new_block_need_a_word_about_the_old_release(broken_by):
    def broken(model, name, field):
        return broken_by(migrations.AlterField(model, name, field), "community")

    for more in ([(50, "War")], []):
        field = models.PositiveSmallIntegerField(choices=[*Severity.choices, *more])
        is_found = "NEW_CHOICE" in broken("alertsnippet", "severity", field)
        assert is_found is bool(more)
    names = BodyBlock().child_blocks.items()
    notice = StructBlock([("text", CharBlock()), ("kind", ChoiceBlock([("x", "X")]))])
    for more in ([("map", CharBlock())], [("notice", notice)], []):
        field = StreamField([*names, *more], blank=True)
        is_found = "NEW_BLOCK" in broken("policyupdatepage", "body", field)
        assert is_found is bool(more)
