"""What monitors are told."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from home.jobs import JobRun


def fail(*arguments):
    raise OperationalError("gone")


def test_status_is_well_after_the_jobs_have_run(client, db):
    call_command("run_jobs")
    response = client.get("/-/status")
    assert response.status_code == 200
    said = response.json()
    assert said["status"] == "ok"
    assert said["jobs"]["running"] is True
    assert said["jobs"]["failing"] == []
    assert "no-store" in response["Cache-Control"]


def test_status_is_degraded_where_the_jobs_have_never_run(client, db):
    response = client.get("/-/status")
    assert response.status_code == 503
    assert response.json()["status"] == "degraded"
    assert response.json()["jobs"]["last_run_at"] is None


def test_status_is_degraded_where_the_jobs_have_stopped(client, db):
    call_command("run_jobs")
    JobRun.objects.update(finished_at=timezone.now() - timedelta(minutes=6))
    response = client.get("/-/status")
    assert response.status_code == 503
    assert response.json()["jobs"]["running"] is False


def test_status_names_the_job_that_fails(client, db):
    call_command("run_jobs")
    name = JobRun.objects.first().name
    JobRun.objects.filter(name=name).update(error="ValueError")
    response = client.get("/-/status")
    assert response.status_code == 503
    assert response.json()["jobs"]["failing"] == [name]


def test_status_says_that_the_database_is_away(client, monkeypatch):
    monkeypatch.setattr("stockton_cms.health.get_jobs_state", fail)
    response = client.get("/-/status")
    assert response.status_code == 503
    assert response.json() == {"status": "degraded", "database": "away"}


@pytest.mark.parametrize("name", ["live", "ready", "status"])
def test_monitors_are_not_sent_to_https(name, client, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(f"/-/{name}").status_code != 301
    assert client.get("/search/").status_code == 301
