"""What a migration may not do while the release before it goes on (ADR 26).

django-migration-linter reads the SQL for PostgreSQL. What it finds needs a reason in
the migration itself, by the rule's name:

    class Migration(migrations.Migration):
        reviewed = {"DROP_COLUMN": "No release since 2027-01-15 uses it."}
"""

import re
from collections.abc import Iterator

from django.db import connection
from django.db.migrations import AlterField, Migration, RunPython
from django.db.migrations.state import ProjectState
from django_migration_linter.sql_analyser.base import Check, CheckMode, CheckType
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

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
            models = before.models[migration.app_label, operation.model_name_lower]
            old = set(_values_of(models.fields[operation.name]))
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
