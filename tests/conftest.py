"""Fixtures for all tests."""

import json
import os

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.core.cache import caches
from django.core.management.commands import flush
from django.db import connection, transaction
from django.db.models import Model
from wagtail.models import Page, Site
from wagtail.test.utils.form_data import querydict_from_html

from community.models import CommunityIndexPage
from home import caching
from home.content_version import ContentVersionTracker, content_version_tracker
from home.models import HomePage
from search.engine.index import PageIndex, page_index
from tests.factories import CommunityIndexPageFactory, HomePageFactory
from tests.faults.run import PROPERTY


def pytest_collection_modifyitems(config, items):
    """Leave out what needs no database where `tests.run` has run it already."""
    if not os.environ.get("ONLY_WITH_DATABASE"):
        return
    needs = {"db", "transactional_db"}
    others = [
        item
        for item in items
        if not needs.intersection(item.fixturenames)
        and item.get_closest_marker("django_db") is None
    ]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in set(others)]


@pytest.fixture
def measured(record_property):
    """Return a function that puts a row into the table of `make faults`.

    Call it before the last assertions, so that a figure that is too high is shown.
    """

    def measure(fault, bar, figure):
        record_property(PROPERTY, json.dumps([fault, bar, str(figure)]))

    return measure


ALERT_HISTORY = "community_alerthistoryentry"


@pytest.fixture(scope="session", autouse=True)
def _flush_of_tests_empties_the_alert_history():
    """Lift the history's triggers while a test with transactions clears up."""
    sql_flush = flush.sql_flush

    def sql_flush_with_alert_history(style, connection, **options):
        if connection.vendor == "postgresql":
            lift = [f"ALTER TABLE {ALERT_HISTORY} DISABLE TRIGGER USER"]
            restore = [f"ALTER TABLE {ALERT_HISTORY} ENABLE TRIGGER USER"]
        else:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT name, sql FROM sqlite_master "
                    "WHERE type = 'trigger' AND tbl_name = %s",
                    [ALERT_HISTORY],
                )
                triggers = dict(cursor.fetchall())
            lift = [f"DROP TRIGGER {name}" for name in triggers]
            restore = list(triggers.values())
        return [*lift, *sql_flush(style, connection, **options), *restore]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", sql_flush_with_alert_history)
        yield


@pytest.fixture(autouse=True)
def _fresh_process_state(tmp_path, settings):
    """Give each test the memory and the files of a process that has just started."""
    settings.MEDIA_ROOT = tmp_path / "media"
    page_index.__dict__.update(PageIndex().__dict__)
    content_version_tracker.__dict__.update(ContentVersionTracker().__dict__)
    caching._fallbacks.clear()
    caches["default"].clear()
    caches["last_known"].clear()


@pytest.fixture
def admin_search(settings):
    """Let the admin's own search follow what is saved, which takes its time."""
    default = {**settings.WAGTAILSEARCH_BACKENDS["default"], "AUTO_UPDATE": True}
    settings.WAGTAILSEARCH_BACKENDS = {"default": default}


@pytest.fixture
def uncached(settings, monkeypatch):
    """Let every page be made anew, to see what that takes besides the version."""
    name = "home.content_version.SECONDS_{}"
    monkeypatch.setattr(name.format("BETWEEN_READINGS"), 3600)
    monkeypatch.setattr(name.format("TO_TRUST_A_READING"), 3600)
    cache = "stockton_cms.page_cache.middleware.PageCacheMiddleware"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != cache]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Make the home page and a section once for all tests, which takes its time."""
    with django_db_blocker.unblock():
        make_site()
        creation = connection.creation
        # What a test with real transactions puts back before it begins.
        contents = connection._test_serialized_contents = (
            creation.serialize_db_to_string()
        )
    yield
    with django_db_blocker.unblock():
        if not Page.objects.exists():
            # Such a test was the last one, and has left nothing for `--reuse-db`.
            creation.deserialize_db_from_string(contents)


def make_site():
    """Make the home page of the default site, and a section below it."""
    if HomePage.objects.exists():
        # The database of an earlier run (`--reuse-db`).
        return
    root = Page.objects.get(depth=1)
    page = HomePageFactory(parent=root, title="Stockton-on-Tees", slug="front")
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "localhost", "root_page": page, "port": 80},
    )
    for welcome in Page.objects.filter(depth=2).exact_type(Page):
        welcome.delete()
    before = rows_of_all_tables()
    CommunityIndexPageFactory(
        parent=HomePage.objects.get(),
        title="Stronger communities",
        slug="stronger-communities",
    )
    after = rows_of_all_tables()
    added = {model: after[model] - keys for model, keys in before.items()}
    rows_of_section.update({model: keys for model, keys in added.items() if keys})


# What making the section has added to each table, by which it is quickly gone again.
rows_of_section: dict[type[Model], set] = {}


def rows_of_all_tables():
    """Return the keys of all rows that go with a page, by model."""
    # Deleting a section leaves its workflow and that workflow's task.
    stays = {"Workflow", "WorkflowTask", "Task", "GroupApprovalTask"}
    return {
        model: set(model._base_manager.values_list("pk", flat=True))
        for model in apps.get_models()
        if model._meta.managed and model.__name__ not in stays
    }


def delete_section():
    """Delete the section as if it had never been made; Wagtail's way takes 50 ms."""
    if not rows_of_section:
        # The database of an earlier run, of which nobody knows what came with it.
        CommunityIndexPage.objects.get().delete()
        return
    with transaction.atomic():
        for model, keys in rows_of_section.items():
            rows = model._base_manager.filter(pk__in=keys)
            rows._raw_delete(rows.db)
        Page.objects.filter(pk=HomePage.objects.get().pk).update(numchild=0)


@pytest.fixture
def home(request, db):
    """Return the home page of the default site."""
    if "section" not in request.fixturenames:
        delete_section()
    return HomePage.objects.get()


@pytest.fixture
def section(home):
    """Return a section below the home page."""
    return CommunityIndexPage.objects.get()


@pytest.fixture
def make_page(home, section):
    """Return a function that gives a page of a type, where such a page may stand."""

    def make(factory, **values):
        if factory is HomePageFactory:
            for name, value in values.items():
                setattr(home, name, value)
            home.save()
            return home
        return factory(parent=section, **values)

    return make


@pytest.fixture
def admin_form(admin_client):
    """Return a function that reads what an editor's form in the admin holds.

    Bodies made of blocks come out empty, as their inputs are made by a script.
    """

    def read_form(address):
        html = admin_client.get(address).content.decode()
        form_id = "page-edit-form" if "page-edit-form" in html else "w-editor-form"
        bodies = BeautifulSoup(html, "html.parser").select("[data-controller=w-block]")
        counts = {f"{body['id']}-count": "0" for body in bodies}
        return {**counts, **querydict_from_html(html, form_id=form_id).dict()}

    return read_form


@pytest.fixture
def send_form(admin_client, admin_form):
    """Return a function that sends an editor's form of the admin as an officer would.

    What the form holds already goes with it, changed by `fields`.
    """

    def send(address, button="action-publish", **fields):
        data = {**admin_form(address), **fields}
        if button:
            data[button] = button
        return admin_client.post(address, data)

    return send


@pytest.fixture
def read(client):
    """Return a function that reads a page as a visitor does: its parsed HTML."""

    def get(address, status=200):
        response = client.get(address)
        assert response.status_code == status
        return BeautifulSoup(response.content, "html.parser")

    return get
