"""A migration leaves the release before it at work (O7, ADR 26).

django-migration-linter reads the SQL for PostgreSQL. What it finds needs a reason in
the migration itself, by the rule's name:

    class Migration(migrations.Migration):
        reviewed = {"DROP_COLUMN": "No release since 2027-01-15 uses it."}
"""

import re
from collections.abc import Iterator

import pytest
from django.db import connection, migrations, models
from django.db.migrations import AlterField, Migration, RunPython
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django_migration_linter.sql_analyser.base import Check, CheckMode, CheckType
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser
from wagtail.blocks import CharBlock, ChoiceBlock, StructBlock
from wagtail.fields import StreamField

from community.models.alerts import Severity
from home.blocks import BodyBlock

pytestmark = pytest.mark.django_db

# What was there before anything was deployed: later ones keep the rules.
BASELINE = {"community": 1, "home": 1, "search": 1, "stockton_cms": 1}


class Analyser(PostgresqlAnalyser):
    """The linter's rules, with those that it lacks."""

    migration_checks = [
        *PostgresqlAnalyser.migration_checks,
        Check(
            code="ADD_CHECK",
            fn=lambda sql, **_: re.match("ALTER TABLE .* ADD CONSTRAINT .* CHECK", sql),
            message="ADDING a check that what the old release writes may not pass",
            mode=CheckMode.ONE_LINER,
            type=CheckType.ERROR,
        ),
    ]


def is_checked(migration: Migration) -> bool:
    """Say whether a migration of ours is younger than the rules."""
    number = int(migration.name.partition("_")[0])
    return number > BASELINE.get(migration.app_label, number)


def broken_rules(migration: Migration, before: ProjectState) -> dict[str, str]:
    """Return the rules that a migration breaks without a reason, and what they say.

    For PostgreSQL only. `before` is the state of the models before it.
    """
    editor = connection.schema_editor(collect_sql=True, atomic=migration.atomic)
    with editor:
        migration.apply(before.clone(), editor, collect_sql=True)
    analyser = Analyser([])
    analyser.analyse([line for line in editor.collected_sql if line[:2] != "--"])
    found = {each.code: each.message for each in analyser.errors + analyser.warnings}
    for operation in migration.operations:
        if isinstance(operation, RunPython):
            found["RUN_PYTHON"] = "rows: say how many at a time, and for how long"
            if not operation.reversible:
                found["IRREVERSIBLE"] = "cannot be taken back: give it a reverse"
        elif isinstance(operation, AlterField):
            model = before.models[migration.app_label, operation.model_name_lower]
            old = set(_values_of(model.fields[operation.name]))
            if set(_values_of(operation.field)) - old:
                is_stream = hasattr(operation.field, "stream_block")
                code = "NEW_BLOCK" if is_stream else "NEW_CHOICE"
                found[code] = "say what the old release does with it"
    reviewed = getattr(migration, "reviewed", {})
    return {code: text for code, text in found.items() if not reviewed.get(code)}


def _values_of(field, path: tuple = ()) -> Iterator[tuple]:
    """Yield the choices of a field, or the paths and choices of all its blocks."""
    block = getattr(field, "stream_block", field)
    choices = getattr(getattr(block, "field", block), "choices", None) or ()
    yield from ((*path, value) for value, _ in choices)
    children = dict(getattr(block, "child_blocks", {}))
    if child := getattr(block, "child_block", None):
        children["*"] = child
    for name, child in children.items():
        yield (*path, name)
        yield from _values_of(child, (*path, name))


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
