"""What Prometheus is told, and that it is told nothing of anyone."""

import re
import subprocess
import sys
from datetime import timedelta
from runpy import run_path
from types import SimpleNamespace

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from home.jobs import JobRun
from home.notifications.outbox import notify
from search import views
from search.feedback.emails import EnquiryAnswer
from search.log.models import LoggedSearch
from stockton_cms.monitoring import health
from stockton_cms.monitoring.metrics import REGISTRY, REQUESTS
from tests.stockton_cms.monitoring.conftest import Backup
from tests.stockton_cms.test_error_pages import no_database

ALERTS = settings.BASE_DIR / "deploy/prometheus/alerts.yml"


@pytest.fixture
def told(client):
    def read():
        text = client.get("/-/metrics").content.decode()
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        return {
            name: float(value)
            for name, value in (line.rsplit(" ", 1) for line in lines)
        }

    return read


def count(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


def test_requests_are_counted_by_route_method_and_status(visitor):
    for address, method, route, status in (
        ("/", "get", "wagtail_serve", "2xx"),
        ("/nobody/", "get", "wagtail_serve", "4xx"),
        ("/nobody@example.org/", "get", "none", "4xx"),
        ("/search/?query=jane", "get", "search", "2xx"),
        ("/search/", "post", "search", "4xx"),
        ("/search/", "put", "search", "4xx"),
        ("/admin/", "get", "wagtailadmin_home", "3xx"),
        ("/static/none.css", "get", "none", "4xx"),
    ):
        name = method.upper() if method != "put" else "other"
        labels = {"route": route, "method": name, "status": status}
        before = count("stockton_requests_total", **labels)
        getattr(visitor, method)(address)
        assert count("stockton_requests_total", **labels) == before + 1, address


def test_page_cache_is_counted_by_what_it_does(section, visitor):
    results = ("hit", "miss", "bypass")

    def counts():
        return [count("stockton_page_cache_total", result=each) for each in results]

    hits, misses, bypasses = counts()
    visitor.get(section.url)
    assert counts() == [hits, misses + 1, bypasses]
    visitor.get(section.url)
    visitor.get(section.url, headers={"If-None-Match": "*"})
    visitor.get("/search/")
    assert counts() == [hits + 2, misses + 1, bypasses + 1]


def test_errors_of_the_database_are_counted_and_others_are_not(visitor, monkeypatch):
    name, kind = "stockton_database_errors_total", "OperationalError"
    before = count(name, kind=kind)
    with no_database():
        assert visitor.get("/search/?query=x").status_code == 503
    assert count(name, kind=kind) == before + 1

    def fail(*arguments):
        raise ValueError

    monkeypatch.setattr(views, "get_results", fail)
    assert visitor.get("/search/?query=x").status_code == 500
    assert count(name, kind="ValueError") == 0


def test_samples_of_the_site_are_what_alert_rules_ask_for(home, told, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(health, "get_last_backup", lambda: Backup(now))
    call_command("run_jobs")
    JobRun.objects.filter(name="published pages").delete()
    failed = JobRun.objects.first()
    JobRun.objects.filter(pk=failed.pk).update(error="ValueError")
    hour_ago = now - timedelta(hours=1)
    notify("1", EnquiryAnswer, "answer", due_at=hour_ago)
    for result_count, at in ((0, now), (3, now), (0, hour_ago)):
        LoggedSearch.objects.create(
            query="x", result_count=result_count, searched_at=at
        )
    said = told()
    assert said["stockton_mails_waiting"] == 1
    assert said["stockton_mails_waiting_seconds"] == pytest.approx(3600, abs=60)
    assert said["stockton_searches_1h"] == 2
    assert said["stockton_searches_without_results_1h"] == 1
    assert said["stockton_pending_migrations"] == 0
    assert said["stockton_last_backup_timestamp_seconds"] == now.timestamp()
    assert said['stockton_component_up{component="database"}'] == 1
    assert said['stockton_component_up{component="jobs"}'] == 0
    assert said[f'stockton_job_failing{{job="{failed.name}"}}'] == 1
    label = f'{{job="{failed.name}"}}'
    succeeded = said[f"stockton_job_last_success_timestamp_seconds{label}"]
    assert succeeded == pytest.approx(now.timestamp(), abs=60)
    assert said["stockton_process_resident_memory_bytes"] > 10_000_000
    # The rules of the alarms ask for nothing else.
    names = {name.partition("{")[0] for name in said}
    families = {metric.name for metric in REGISTRY.collect()}
    names |= {f"{family}_total" for family in families}
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    assert 6 <= len(group["rules"]) <= 10
    for rule in group["rules"]:
        asked = set(re.findall(r"\bstockton_\w+", rule["expr"]))
        asked -= {"stockton_cms"} if rule["alert"] == "SiteDoesNotAnswer" else set()
        assert asked or "up{" in rule["expr"]
        assert asked <= names, rule["alert"]
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in {"page", "ticket"}


CANARY = "canary.birdsong@example.org"


def let_the_canary_loose(visitor):
    visitor.get(f"/{CANARY}/")
    visitor.get("/search/", {"query": CANARY})
    visitor.get(f"/search/?page={CANARY}")
    visitor.generic(CANARY, "/search/")
    visitor.get("/", headers={"User-Agent": CANARY, "X-Request-ID": CANARY})
    visitor.get("/", headers={"Host": CANARY}, REMOTE_ADDR="203.0.113.99")
    visitor.post("/cant-find-it/", {"message": CANARY, "email": CANARY})
    visitor.get(f"/preview/{CANARY}/")
    visitor.get(f"/cant-find-it/answers/{CANARY}/")
    visitor.post("/account/login/", {"login": CANARY, "password": CANARY})
    LoggedSearch.objects.create(query="birdsong", result_count=0)


def leaks(client):
    text = client.get("/-/metrics").content.decode()
    return [sign for sign in ("birdsong", "203.0.113", "%40") if sign in text]


def test_metrics_hold_nothing_that_anybody_typed(visitor, client):
    let_the_canary_loose(visitor)
    assert leaks(client) == []
    # The control: a route that is the path would be seen.
    labels = ("/birdsong/", "GET", "2xx")
    REQUESTS.labels(*labels).inc()
    try:
        assert leaks(client) == ["birdsong"]
    finally:
        REQUESTS.remove(*labels)


WORKER = """
import os, sys
os.environ["METRICS_PLACE"] = sys.argv[1]
import django
django.setup()
from stockton_cms.monitoring import metrics
for _ in range(int(sys.argv[2])):
    metrics.COUNT_PAGE["hit"]()
metrics.INDEX_VERSION.set(int(sys.argv[2]))
print(metrics.render_metrics().decode())
"""


def work(folder, place, times):
    environment = {
        "PATH": "",
        "PYTHONPATH": str(settings.BASE_DIR),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PROMETHEUS_MULTIPROC_DIR": folder,
    }
    command = [sys.executable, "-c", WORKER, str(place), str(times)]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.slow
def test_whichever_worker_is_asked_answers_for_all(tmp_path):
    folder = str(tmp_path)
    work(folder, place=0, times=2)
    said = work(folder, place=1, times=3)
    assert 'stockton_page_cache_total{result="hit"} 5.0' in said
    assert 'stockton_search_index_version{pid="0"} 2.0' in said
    # Who takes a place over goes on where the other has ended.
    said = work(folder, place=0, times=4)
    assert 'stockton_page_cache_total{result="hit"} 9.0' in said
    assert 'stockton_search_index_version{pid="0"} 4.0' in said


def test_worker_takes_the_first_place_that_is_free():
    pre_fork = run_path(str(settings.BASE_DIR / "deploy/gunicorn.conf.py"))["pre_fork"]
    server, worker = SimpleNamespace(WORKERS={}), SimpleNamespace()
    for taken, place in (((), 0), ((0,), 1), ((0, 2), 1), ((1,), 0)):
        server.WORKERS = {pid: SimpleNamespace(place=pid) for pid in taken}
        pre_fork(server, worker)
        assert worker.place == place
