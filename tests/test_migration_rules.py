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
    with django_db_blocker.unblock():
        return MigrationLoader(connection)


@pytest.fixture(autouse=True)
def _postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("The rules read the SQL for PostgreSQL.")


def test_our_migrations_keep_the_rules(loader):
    broken = {
        str(migration): rules
        for migration in loader.disk_migrations.values()
        if migration.app_label in BASELINE
        and is_checked(migration)
        and (rules := broken_rules(migration, before(loader, migration)))
    }
    assert not broken, "docs/adr/0026 says what to do instead"


def before(loader, migration):
    return loader.project_state((migration.app_label, migration.name), at_end=False)


def test_baseline_names_migrations_that_there_are(loader):
    for app, number in BASELINE.items():
        numbers = {
            int(name[:4]) for label, name in loader.disk_migrations if label == app
        }
        assert number in numbers


def word(**options):
    return models.CharField(max_length=20, **options)


def add(field):
    return migrations.AddField("enquiry", "word", field)


def index(field):
    return models.Index(fields=[field], name="an_index")


ENQUIRY = "enquiry"
GOOD = {
    "a table": migrations.CreateModel(
        "Thing", [("id", models.BigAutoField(primary_key=True))]
    ),
    "a column that may be empty": add(word(null=True)),
    "a column that the database fills": add(word(default="", db_default="")),
    "a moment that the database fills": add(models.DateTimeField(db_default=Now())),
    "another help text": migrations.AlterField(
        ENQUIRY, "answer", models.TextField(blank=True, help_text="x")
    ),
    "a column that may be empty from now on": migrations.AlterField(
        ENQUIRY, "answer", models.TextField(null=True)
    ),
    "a field that only the code forgets": migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField(ENQUIRY, "answer")]
    ),
}
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
    "CREATE_INDEX": migrations.AddIndex(ENQUIRY, index("query")),
    "RUN_PYTHON": migrations.RunPython(
        lambda apps, editor: None, migrations.RunPython.noop
    ),
    "IRREVERSIBLE": migrations.RunPython(lambda apps, editor: None),
}


def test_new_choice_and_new_block_need_a_word_about_the_old_release(loader):
    def broken_by(model, name, field):
        migration = migrations.Migration("a_migration", "community")
        migration.operations = [migrations.AlterField(model, name, field)]
        return broken_rules(migration, loader.project_state())

    choices = Severity.choices
    for more in ([(50, "War")], []):
        field = models.PositiveSmallIntegerField(choices=[*choices, *more])
        broken = broken_by("alertsnippet", "severity", field)
        assert ("NEW_CHOICE" in broken) is bool(more)
    names = BodyBlock().child_blocks.items()
    notice = StructBlock([("text", CharBlock()), ("kind", ChoiceBlock([("x", "X")]))])
    for more in ([("map", CharBlock())], [("notice", notice)], []):
        field = StreamField([*names, *more], blank=True)
        broken = broken_by("policyupdatepage", "body", field)
        assert ("NEW_BLOCK" in broken) is bool(more)


def rules_broken_by(loader, operation, reviewed=None):
    class Migration(migrations.Migration):
        operations = [operation]

    migration = Migration("a_migration", "search")
    migration.reviewed = reviewed or {}
    state = loader.project_state()
    return broken_rules(migration, state)


@pytest.mark.parametrize("operation", GOOD.values(), ids=GOOD)
def test_what_the_old_release_can_live_with_passes(loader, operation):
    assert not rules_broken_by(loader, operation)


@pytest.mark.parametrize(("rule", "operation"), BAD.items(), ids=BAD)
def test_what_breaks_the_old_release_is_found(loader, rule, operation):
    assert rule in rules_broken_by(loader, operation)


@pytest.mark.parametrize("reason", ["", "No release since 2027-01-15 uses it."])
def test_reason_in_the_migration_lets_it_pass(loader, reason):
    rules = rules_broken_by(loader, BAD["DROP_COLUMN"], {"DROP_COLUMN": reason})
    assert bool(rules) is not bool(reason)


def test_only_younger_migrations_are_checked():
    def named(name, app="search"):
        return is_checked(migrations.Migration(name, app))

    assert not named(f"{BASELINE['search']:04}_old")
    assert named(f"{BASELINE['search'] + 1:04}_new")
    assert not named("0001_initial", Page._meta.app_label)
