"""A migration leaves the release before it at work (O7, ADR 26)."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models.functions import Now
from wagtail.blocks import CharBlock, ChoiceBlock, StructBlock
from wagtail.fields import StreamField
from wagtail.models import Page

from community.models.visible_alerts import Severity
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


def test_our_migrations_keep_the_rules(loader):
    assert {(app, number) for app, number in BASELINE.items()} <= {
        (app, int(name[:4])) for app, name in loader.disk_migrations if app in BASELINE
    }
    broken = {}
    for key, migration in loader.disk_migrations.items():
        if migration.app_label in BASELINE and is_checked(migration):
            state = loader.project_state(key, at_end=False)
            broken[str(migration)] = broken_rules(migration, state)
    assert not any(broken.values()), "docs/adr/0026 says what to do instead"


def word(**options):
    return models.CharField(max_length=20, **options)


def add(field):
    return migrations.AddField("enquiry", "word", field)


ENQUIRY = "enquiry"
GOOD = [
    migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True))]),
    add(word(null=True)),
    add(word(default="", db_default="")),
    add(models.DateTimeField(db_default=Now())),
    migrations.AlterField(
        ENQUIRY, "answer", models.TextField(blank=True, help_text="x")
    ),
    migrations.AlterField(ENQUIRY, "answer", models.TextField(null=True)),
    # Only the code forgets it.
    migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField(ENQUIRY, "answer")]
    ),
]
BAD = {
    "NOT_NULL": add(word(default="")),
    "DROP_COLUMN": migrations.RemoveField(ENQUIRY, "answer"),
    "DROP_TABLE": migrations.DeleteModel("SearchCheckSnippet"),
    "RENAME_COLUMN": migrations.RenameField(ENQUIRY, "answer", "reply"),
    "RENAME_TABLE": migrations.RenameModel("PageFeedbackComment", "Remark"),
    "ALTER_COLUMN": migrations.AlterField(ENQUIRY, "belongs_to", word()),
    "ADD_UNIQUE": migrations.AddConstraint(
        ENQUIRY, models.UniqueConstraint(fields=["query"], name="once")
    ),
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


@pytest.mark.parametrize("reason", ["", "No release since 2027-01-15 uses it."])
def test_reason_in_the_migration_lets_it_pass(broken_by, reason):
    reviewed = {"DROP_COLUMN": reason}
    broken = broken_by(BAD["DROP_COLUMN"], reviewed=reviewed)
    assert bool(broken) is not bool(reason)


def test_new_choice_and_new_block_need_a_word_about_the_old_release(broken_by):
    def alter(model, name, field):
        return broken_by(migrations.AlterField(model, name, field), "community")

    for more in ([(50, "War")], []):
        field = models.PositiveSmallIntegerField(choices=[*Severity.choices, *more])
        broken = alter("alertsnippet", "severity", field)
        assert ("NEW_CHOICE" in broken) is bool(more)
    names = BodyBlock().child_blocks.items()
    notice = StructBlock([("text", CharBlock()), ("kind", ChoiceBlock([("x", "X")]))])
    for more in ([("map", CharBlock())], [("notice", notice)], []):
        broken = alter(
            "policyupdatepage", "body", StreamField([*names, *more], blank=True)
        )
        assert ("NEW_BLOCK" in broken) is bool(more)


def test_only_younger_migrations_are_checked():
    def named(name, app="search"):
        return is_checked(migrations.Migration(name, app))

    assert not named(f"{BASELINE['search']:04}_old")
    assert named(f"{BASELINE['search'] + 1:04}_new")
    assert not named("0001_initial", Page._meta.app_label)
