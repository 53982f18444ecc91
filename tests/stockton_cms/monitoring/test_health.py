"""What monitors are told, and who is told what."""

import threading
import time
from datetime import datetime, timedelta
from itertools import product

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from home.jobs import JobRun
from home.notifications.outbox import MailOutage, Notification, notify
from search.engine.index import page_index
from search.feedback.emails import EnquiryAnswer
from stockton_cms.monitoring import health
from stockton_cms.monitoring.health import call_with_timeout, own_migrations
from tests.stockton_cms.monitoring.conftest import Backup

HOUR = timedelta(hours=1)


def fail(*arguments):
    raise OperationalError("gone")


@pytest.fixture
def well(home):
    call_command("run_jobs")
    page_index.catch_up()


@pytest.fixture
def ask(client, caplog):
    def get(*degraded):
        response = client.get("/-/status")
        # A monitor does not fill the log.
        assert "django.request" not in {each.name for each in caplog.records}
        said = response.json()
        parts = {name for name, word in said["parts"].items() if word != "ok"}
        assert parts == set(degraded)
        assert response.status_code == (503 if degraded else 200)
        assert said["status"] == ("degraded" if degraded else "ok")
        assert "no-store" in response["Cache-Control"]
        return said

    return get


def test_status_says_what_is_not_well(well, ask, section, settings, monkeypatch):
    said = ask()
    assert said["parts"].keys() == {
        "database", "jobs", "mails", "media", "migrations", "search_index"
    }  # fmt: skip
    assert (said["jobs"]["running"], said["jobs"]["failing"]) == (True, [])
    with monkeypatch.context() as patch:
        patch.setattr(health, "read_facts", fail)
        assert "jobs" not in ask("database")
    section.save_revision().publish()
    index = ask()["search_index"]
    assert index["behind"] == index["content_version"] - index["version"] > 0
    for most, age, parts in (
        (24, 23 * HOUR, []),
        (24, 25 * HOUR, ["backups"]),
        (24, None, ["backups"]),
        (None, 900 * HOUR, []),
    ):
        settings.BACKUP_MAX_AGE_HOURS = most
        last = Backup(timezone.now() - age) if age else None
        monkeypatch.setattr(health, "get_last_backup", lambda last=last: last)
        assert bool(ask(*parts)["last_backup"]) is bool(age)
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    assert ask()["parts"]["shared_cache"] == "ok"
    cache.clear()
    # As one that is unavailable and whose errors are ignored.
    monkeypatch.setattr(cache, "set", lambda *arguments, **keywords: None)
    ask("shared_cache")
    settings.CACHE_URL = ""
    run = JobRun.objects.first()
    JobRun.objects.filter(pk=run.pk).update(error="ValueError")
    assert ask("jobs")["jobs"]["failing"] == [run.name]
    JobRun.objects.update(finished_at=timezone.now() - timedelta(minutes=6), error="")
    assert ask("jobs")["jobs"]["running"] is False
    JobRun.objects.all().delete()
    assert ask("jobs")["jobs"]["last_run_at"] is None
    page_index.__init__()
    assert ask("jobs", "search_index")["search_index"]["behind"] is None


def test_status_is_degraded_where_emails_are_refused_for_long(well, ask):
    now, problem = timezone.now(), "SMTPAuthenticationError 535"
    notify("1", EnquiryAnswer, "answer", due_at=now)
    notify("2", EnquiryAnswer, "answer", due_at=now + HOUR)
    outage = MailOutage(pk=1, retry_at=now, problem=problem)
    for age, parts in ((HOUR / 2, []), (2 * HOUR, ["mails"])):
        Notification.objects.filter(recipient="1").update(due_at=now - age)
        outage.started_at = now - age
        outage.save()
        mails = ask(*parts)["mails"]
        assert (mails["waiting"], mails["problem"]) == (1, problem)
        late = now - datetime.fromisoformat(mails["since"]) - age
        assert abs(late) < timedelta(seconds=1)


class Service:
    """A media store that is no folder."""

    def path(self, name):
        raise NotImplementedError

    def exists(self, name):
        return False


def test_media_folder_or_service_is_asked(well, ask, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(health.os, "access", lambda *arguments: False)
        ask("media")
    monkeypatch.setattr(health, "default_storage", Service())
    ask()
    monkeypatch.setattr(Service, "exists", fail)
    ask("media")


def test_new_code_is_ready_after_its_migrations_and_old_code_stays_so(
    well, ask, client, monkeypatch
):
    assert own_migrations() == MigrationLoader(None).disk_migrations.keys()
    newer = own_migrations() | {("home", "9999_newer")}
    with monkeypatch.context() as patch:
        patch.setattr(health, "own_migrations", lambda: newer)
        assert client.get("/-/ready").status_code == 503
        assert ask("migrations")["pending_migrations"] == ["home.9999_newer"]
        MigrationRecorder(connection).record_applied("home", "9999_newer")
        assert client.get("/-/ready").status_code == 200
        ask()
    assert client.get("/-/ready").status_code == 200
    ask()


OTHERS = [
    {"REMOTE_ADDR": "203.0.113.7"},
    {"REMOTE_ADDR": "10.0.0.7"},
    {"REMOTE_ADDR": ""},
    {"REMOTE_ADDR": "nonsense"},
    # Passed on by a proxy on this machine, which says from where or does not.
    {"HTTP_X_FORWARDED_FOR": "203.0.113.7"},
    {"HTTP_X_FORWARDED_FOR": ""},
    {"HTTP_X_FORWARDED_PROTO": "https"},
    {"HTTP_FORWARDED": "for=203.0.113.7"},
    # Forged.
    {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    {"HTTP_X_FORWARDED_FOR": "203.0.113.7, 127.0.0.1"},
    {"HTTP_X_FORWARDED_FOR": "127.0.0.1", "REMOTE_ADDR": "203.0.113.7"},
]


def test_others_are_told_one_word_and_programs_of_this_machine_all(
    well, client, settings
):
    for said, is_proxied in product(OTHERS, (True, False)):
        settings.BEHIND_TLS_PROXY = is_proxied
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = int(is_proxied)
        assert client.get("/-/status", **said).json() == {"status": "ok"}, said
        assert client.get("/-/metrics", **said).status_code == 404, said
        for name in ("live", "ready"):
            assert client.get(f"/-/{name}", **said).status_code == 200, said
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert "parts" in client.get("/-/status", REMOTE_ADDR=address).json()
        assert client.get("/-/metrics", REMOTE_ADDR=address).status_code == 200


@pytest.mark.usefixtures("in_threads")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_status_is_read_in_threads_of_its_own(client):
    said = client.get("/-/status").json()
    assert said["parts"]["database"] == said["parts"]["migrations"] == "ok"
    assert client.get("/-/ready").status_code == 200


@pytest.mark.usefixtures("in_threads")
def test_check_that_hangs_or_fails_is_not_waited_for(monkeypatch, caplog):
    monkeypatch.setattr(health, "SECONDS_TO_WAIT", 0.01)
    begun, end = [], threading.Event()

    def hang():
        begun.append(1)
        end.wait(10)

    for _ in range(3):
        assert call_with_timeout({"slow": hang}) == {"slow": None}
    assert begun == [1]
    end.set()
    while health._under_way:
        time.sleep(0.01)
    monkeypatch.setattr(health, "SECONDS_TO_WAIT", 30)
    assert call_with_timeout({"slow": lambda: "there again"}) == {"slow": "there again"}

    def refuse():
        raise OSError("password=secret")

    answers = call_with_timeout({"media": refuse, "other": lambda: 1})
    assert answers == {"media": None, "other": 1}
    assert "OSError" in caplog.text
    assert "secret" not in caplog.text
