"""The site as on a machine: started by its unit's own lines, behind nginx with TLS."""

import ctypes
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from tests.deploy.machine import commands_of, production, settings_of
from tests.servers import BASE_DIR
from tests.stockton_cms.nginx import HOST, running_nginx

pytestmark = pytest.mark.deployment

SITE, JOBS = "stockton-cms-site.service", "stockton-cms-jobs.service"
PASSWORD = "a password for one test only"
# As systemd does: the socket is number 3, and the process is told that it is its own.
# By bash, as sh knows no numbers above 9.
GIVE_SOCKET = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&{}'
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 38, 65


def confine():
    """Do to this process what of the unit's hardening any process may do to itself."""
    os.umask(int(dict(settings_of(SITE))["UMask"], 8))
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # MemoryDenyWriteExecute; from Linux 6.3.
    prctl(PR_SET_MDWE, 1, 0, 0, 0)


@dataclass
class Installed:
    """The site's units and nginx; `data` is what is /var/lib/stockton_cms there."""

    data: Path
    environment: dict
    nginx: int = 0
    gunicorn: subprocess.Popen | None = None
    listener: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=128)
    )

    @property
    def port(self) -> int:
        return self.listener.getsockname()[1]

    def start(self, unit: str) -> subprocess.Popen:
        [command] = commands_of(unit)
        number = self.listener.fileno()
        return subprocess.Popen(
            ["/bin/bash", "-c", GIVE_SOCKET.format(number), "-", *command],
            env=self.environment,
            cwd=BASE_DIR,
            pass_fds=[number],
            preexec_fn=confine,
        )

    def start_gunicorn(self) -> None:
        self.gunicorn = self.start(SITE)
        deadline = time.monotonic() + 120
        while self.ask("/-/ready").status != 200:
            assert self.gunicorn.poll() is None
            assert time.monotonic() < deadline

    def manage(self, *arguments: str, **variables: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=self.environment | variables,
            cwd=BASE_DIR,
            preexec_fn=confine,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def ask(self, path: str, body: str | None = None, **headers: str):
        """Return the response to a browser that trusts our certificate."""
        trust = ssl.create_default_context(cafile=self.data.parent / "fullchain.pem")
        connection = HTTPSConnection(HOST, self.nginx, timeout=150, context=trust)
        plain = socket.create_connection(("127.0.0.1", self.nginx), timeout=150)
        connection.sock = trust.wrap_socket(plain, server_hostname=HOST)
        method = "GET" if body is None else "POST"
        connection.request(method, path, body, {"Host": HOST, **headers})
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        connection.close()
        return SimpleNamespace(
            status=response.status, headers=response.headers, text=text
        )


def stop(process: subprocess.Popen) -> None:
    """Stop a service, if it runs, as systemd does."""
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    data = folder / "root"
    data.mkdir()
    database = f"sqlite:///{data}/db.sqlite3"
    # Nothing goes out from here.
    alone = {"EMAIL_URL": "consolemail://", "CHECK_EXTERNAL_LINKS": "false"}
    site = Installed(data, production(data, DATABASE_URL=database, **alone))
    site.manage("migrate", "--verbosity=0")
    site.manage("collectstatic", "--no-input", "--verbosity=0")
    site.manage(
        "createsuperuser",
        "--no-input",
        "--username=officer",
        "--email=officer@example.gov.uk",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    # However long a slow machine takes to start the site.
    patient = [("proxy_read_timeout 30s;", "proxy_read_timeout 120s;")]
    with running_nginx(folder, site.port, changes=patient) as ports:
        site.nginx = ports.https
        site.start_gunicorn()
        yield site
        stop(site.gunicorn)


def assert_headers(response, **expected):
    assert response.status == 200
    for name, value in expected.items():
        assert response.headers[name.replace("_", "-")] == value


def test_page_and_its_files_are_safe_and_packed(site):
    response = site.ask("/account/login/")
    assert "<h1" in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert_headers(
        response,
        Strict_Transport_Security="max-age=31536000; includeSubDomains; preload",
        X_Content_Type_Options="nosniff",
        X_Frame_Options="DENY",
        Server="nginx",
    )
    [path, *_] = re.findall(r'href="(/static/[^"]+\.css)"', response.text)
    file = site.ask(path, **{"Accept-Encoding": "gzip"})
    assert_headers(
        file,
        Content_Encoding="gzip",
        Cache_Control="public, max-age=31536000, immutable",
        X_Content_Type_Options="nosniff",
        Cross_Origin_Resource_Policy="same-origin",
    )
    # The application's own would say so.
    assert "X-Cache" not in file.headers


def test_cookies_of_who_signs_in_are_for_this_site_and_https_only(site):
    page = site.ask("/account/login/")
    [cookie] = page.headers.get_all("Set-Cookie")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    response = site.ask(
        "/account/login/",
        f"csrfmiddlewaretoken={token}&login=officer&password={PASSWORD}",
        Cookie=cookie.split(";")[0],
        Origin=f"https://{HOST}",
        **{"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.status == 302, response.text
    cookies = response.headers.get_all("Set-Cookie")
    assert any(each.startswith("__Host-sessionid=") for each in cookies)
    for each in (cookie, *cookies):
        assert each.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(each.split("; "))
        assert "Domain" not in each


def test_jobs_run_by_their_unit_and_the_site_says_so(site):
    assert site.ask("/-/status").status == 503
    jobs = site.start(JOBS)
    deadline = time.monotonic() + 60
    while (status := site.ask("/-/status").status) != 200:
        if time.monotonic() > deadline:
            break
        time.sleep(0.5)
    stop(jobs)
    assert (status, jobs.returncode) == (200, 0)


def test_container_says_whether_the_site_can_answer(site):
    """Its health check asks by a name that the site answers to."""

    def check(**changes):
        bind = f"0.0.0.0:{site.port}"
        return subprocess.run(
            [sys.executable, BASE_DIR / "deploy/healthcheck.py"],
            env=site.environment | {"BIND": bind} | changes,
            capture_output=True,
            check=False,
        ).returncode

    assert check() == 0
    assert check(ALLOWED_HOSTS="another.example") == 1
    assert check(BIND="0.0.0.0:1") == 1


def test_nobody_else_on_the_machine_reads_the_data(site):
    """Nginx reads it as a member of the group; files themselves are in such folders."""
    others = [
        path
        for path in site.data.rglob("*")
        if path.is_dir() and path.stat().st_mode & 0o007
    ]
    assert others == []


def test_requests_wait_while_the_site_starts_again(site):
    """Ask all the time for what nginx never keeps, and is not asked for twice."""
    seen, stopped = [], Event()

    def keep_asking():
        while not stopped.is_set():
            seen.append(site.ask("/-/ready").status)
            time.sleep(0.02)

    asking = Thread(target=keep_asking)
    asking.start()
    time.sleep(0.5)
    stopped_at = time.monotonic()
    stop(site.gunicorn)
    waited_for = len(seen)
    site.start_gunicorn()
    seconds = time.monotonic() - stopped_at
    time.sleep(0.5)
    stopped.set()
    asking.join()
    print(f"\n{len(seen)} requests over a restart of {seconds:.1f} s", end="")
    assert len(seen) > waited_for > 3
    assert set(seen) == {200}


def test_without_the_socket_requests_fail_meanwhile(site):
    """The control: the test above would see it."""
    stop(site.gunicorn)
    site.listener.close()
    assert site.ask("/-/ready").status == 503
