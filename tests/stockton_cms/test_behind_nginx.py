"""Behind a real nginx: pages on time, each to whom it is for, and no flood of forms."""

import json
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import time_machine
import wagtail_factories
from django.core.files.storage import default_storage
from django.utils import timezone
from wagtail.images import get_image_model

from community.alerts.visibility import COOKIE_NAME
from home.content_version import content_version_bumped, content_version_tracker
from home.images.renditions import CARD
from home.jobs import run_due_jobs
from home.models import SiteSettings
from stockton_cms import media
from stockton_cms.error_pages import MAINTENANCE_PAGE, render_maintenance_page
from stockton_cms.monitoring.health import metrics
from stockton_cms.page_cache.entries import CachedPage
from tests.factories import AlertFactory, StandardPageFactory
from tests.servers import BASE_DIR
from tests.stockton_cms import nginx
from tests.stockton_cms.clock_changes import (
    AT_ANY_MOMENT,
    AT_MIDNIGHT,
    SECOND,
    alert_ends,
    midnight,
)
from tests.stockton_cms.nginx import SiteServer, Visitor, nginx_in_front

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

MOMENT = midnight(date(2027, 7, 2))
BEFORE, AFTER = 2.5 * SECOND, 1.1 * SECOND
SECONDS_FOR_THE_SCHEDULED, SECONDS_FOR_THE_REST = 1, 5
KINDS = AT_ANY_MOMENT | {"policy adopted": AT_MIDNIGHT["policy adopted"]}
# Each has a copy of its own in nginx.
VISITORS = ({}, {"Accept-Encoding": "identity"}, {"Cookie": f"{COOKIE_NAME}=999.1"})

PICTURE = "images/0123456789ab/picture.jpg"
PRIVATE = (
    "documents/paper.pdf",
    "documents/0123456789ab/paper.pdf",
    "original_images/0123456789ab/picture.jpg",
    "staff_images/0123456789ab/picture.jpg",
)
REFUSED = (
    *(f"/media/{path}" for path in PRIVATE),
    # As it was once stored, under a name that can be guessed.
    "/media/images/picture.jpg",
    "/media/images/0123456789ab/../../staff_images/0123456789ab/picture.jpg",
    "/media/images/0123456789ab/..%2F..%2Fdocuments/paper.pdf",
    "/media/images/../documents/paper.pdf",
    "/media/images/..%2Fdocuments/paper.pdf",
    "/media//documents/paper.pdf",
    "/static/../media/documents/paper.pdf",
    "/static/..%2fdb.sqlite3",
    "/db.sqlite3",
)


@pytest.fixture
def site(section):
    server = SiteServer()
    yield server
    server.stop()


@pytest.fixture
def port(site, tmp_path):
    with nginx_in_front(tmp_path, site.server_port) as port:
        yield port


def watch(port, headers, change, until):
    """Return when each answer was there, whether it was the new one, and from where."""
    visitor, answers = Visitor(port, **headers), []
    while timezone.now() < until:
        response, text = visitor.get(change.address)
        assert response.status in (200, 404)
        cache = response.getheader("X-Cache", "")
        answers.append((timezone.now(), change.is_seen_in(text), cache))
        time.sleep(0.06)
    return answers


def walk(name, section, port):
    """Let several visitors watch a page, who see its change when it comes about."""
    # What the site knows of its next boundary is older than the change.
    Visitor(port).get("/")
    with (
        time_machine.travel(MOMENT - BEFORE - SECOND / 4, tick=True),
        ThreadPoolExecutor(len(VISITORS)) as threads,
    ):
        change = KINDS[name](section, MOMENT)
        time.sleep(max(0, (MOMENT - BEFORE - timezone.now()).total_seconds()))
        watching = [
            threads.submit(watch, port, headers, change, MOMENT + AFTER)
            for headers in VISITORS
        ]
        if change.needs_job:
            time.sleep((MOMENT - timezone.now()).total_seconds() + 0.001)
            assert run_due_jobs(timezone.now()) == []
    for answers in (each.result() for each in watching):
        old = [cache for _, is_new, cache in answers if not is_new]
        new = [at for at, is_new, _ in answers if is_new]
        assert "HIT" in old
        assert new, f"{name} was never seen"
        late = (new[0] - MOMENT).total_seconds()
        assert late >= 0, f"{name} was seen {-late} s too early"
        assert late <= SECONDS_FOR_THE_SCHEDULED, f"{name} was seen {late} s too late"
        assert all(is_new for _, is_new, _ in answers[len(old) :])


@pytest.mark.parametrize("name", KINDS)
def test_what_the_clock_changes_is_seen_within_a_second(name, section, port):
    walk(name, section, port)


def test_a_page_given_to_nginx_for_too_long_would_be_seen(section, port, monkeypatch):
    """Prove that the walk above notices what it looks for."""
    monkeypatch.setattr(CachedPage, "seconds_left", lambda *arguments: 6)
    with pytest.raises(AssertionError, match=r"never seen|too late"):
        walk("alert ends", section, port)


def test_what_nobody_has_scheduled_is_seen_within_five_seconds(section, port):
    page = StandardPageFactory(parent=section, title="As it was")
    visitor = Visitor(port)
    visitor.get(section.url)
    # As if another process did it, which this one must find out by itself.
    content_version_bumped.disconnect(dispatch_uid="content-clock")
    try:
        # nginx counts whole seconds: at the beginning of one it keeps pages longest.
        time.sleep(1.01 - time.time() % 1)
        assert visitor.get(page.url)[0].getheader("X-Cache") == "MISS"
        page.title = "As it is now"
        page.save_revision().publish()
        published = time.monotonic()
        caches = []
        while time.monotonic() < published + 2 * SECONDS_FOR_THE_REST:
            response, text = visitor.get(page.url)
            if "As it is now" in text:
                break
            caches.append(response.getheader("X-Cache"))
            time.sleep(0.05)
        seconds = time.monotonic() - published
    finally:
        content_version_bumped.connect(
            content_version_tracker.invalidate, dispatch_uid="content-clock"
        )
    assert "HIT" in caches
    assert seconds <= SECONDS_FOR_THE_REST


def test_visitor_who_closed_an_alert_is_the_only_one_without_it(section, port):
    alert = AlertFactory(heading="Floods")
    others = Visitor(port)
    who_closed = Visitor(port, Cookie=f"{COOKIE_NAME}={alert.pk}.1")
    for cache in ("MISS", "HIT", "HIT"):
        response, text = others.get(section.url)
        assert response.getheader("X-Cache") == cache
        assert "Floods" in text
        # The answer is theirs alone, so that nginx never keeps it.
        response, text = who_closed.get(section.url)
        assert response.getheader("X-Cache") == "MISS"
        assert "private" in response.getheader("Cache-Control")
        assert "Floods" not in text


def test_staff_pass_the_cache_and_leave_nothing_in_it(section, port, admin_client):
    cookies = "; ".join(f"{k}={each.value}" for k, each in admin_client.cookies.items())
    staff, anybody = Visitor(port, Cookie=cookies), Visitor(port)
    for expected in ("MISS", "HIT"):
        response, text = staff.get(section.url)
        assert response.getheader("X-Cache") == "BYPASS"
        assert "wagtail-userbar" in text
        response, text = anybody.get(section.url)
        assert response.getheader("X-Cache") == expected
        assert "wagtail-userbar" not in text


def test_documents_and_originals_are_refused(port, tmp_path):
    files = (PICTURE, "images/picture.jpg", *PRIVATE)
    root = tmp_path / "root"
    for path in ("db.sqlite3", "static/site.css", *(f"media/{each}" for each in files)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("secret")
    visitor = Visitor(port)
    for address in (f"/media/{PICTURE}", "/static/site.css"):
        response, text = visitor.get(address)
        assert (response.status, text) == (200, "secret")
    for address in REFUSED:
        response, text = visitor.get(address)
        assert response.status == 404, address
        assert "secret" not in text


def test_warm_pages_go_on_while_the_application_is_gone(site, section, port):
    # Kept for a second only, so that there is not long to wait.
    alert_ends(section, timezone.now() + timedelta(seconds=2.8))
    visitor = Visitor(port)
    assert visitor.get(section.url)[0].getheader("X-Cache") == "MISS"
    site.stop()
    time.sleep(2.1)
    for _ in range(3):
        response, text = visitor.get(section.url)
        assert (response.status, response.getheader("X-Cache")) == (200, "STALE")
        assert "Stronger communities" in text
    assert visitor.get(f"{section.url}never-read/")[0].status == 503


def test_page_with_telephone_numbers_is_there_while_the_application_is_gone(
    site, section, port, tmp_path, settings
):
    settings.DATA_DIR = tmp_path / "root"
    council = SiteSettings.for_site(section.get_site())
    council.emergency_numbers = [("number", {"label": "Floods", "number": "01632 1"})]
    council.save()
    render_maintenance_page()
    visitor = Visitor(port)
    assert visitor.get("/error_page/503.html")[0].status == 404
    site.stop()
    for address in ("/never-read/", "/search/?query=x", "/-/ready"):
        response, text = visitor.get(address)
        assert response.status == 503
        assert int(response.getheader("Retry-After")) > 0
        assert response.getheader("Cache-Control") == "no-store"
        assert "default-src 'none'" in response.getheader("Content-Security-Policy")
        assert 'Floods: <a href="tel:016321">' in text
    response, text = visitor.get("/cant-find-it/", "POST", "x")
    assert (response.status, "Floods" in text) == (503, True)
    # Nor is a page that is not there taken for one that is.
    (tmp_path / "root" / MAINTENANCE_PAGE).unlink()
    assert visitor.get("/never-read/")[0].status == 503


def test_what_the_application_itself_says_of_a_fault_is_not_replaced(
    section, port, tmp_path
):
    (tmp_path / "root/error_page").mkdir(parents=True)
    (tmp_path / "root" / MAINTENANCE_PAGE).write_text("no one is there")
    visitor = Visitor(port)
    # The jobs have never run.
    response, text = visitor.get("/-/status")
    assert (response.status, json.loads(text)) == (503, {"status": "degraded"})


def test_metrics_are_not_for_the_way_through_nginx(port, rf):
    assert metrics(rf.get("/-/metrics")).status_code == 200
    for path in ("/-/metrics", "//-/metrics", "/-//metrics", "/%2d/metrics"):
        assert Visitor(port).get(path)[0].status == 404


def test_nginx_logs_neither_who_asked_nor_what_for(site, port, tmp_path):
    visitor = Visitor(port, Referer="http://localhost/?query=canary")
    visitor.get("/search/?query=canary")
    visitor.get("/preview/canary/")
    visitor.get("/mailto:canary%40example.org")
    site.stop()
    visitor.get("/search/?query=canary2")
    log = ""
    # nginx writes a line once it has sent the answer.
    while log.count("\n") < 4:
        time.sleep(0.02)
        log = (tmp_path / "access.log").read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    paths = [line["path"] for line in lines]
    assert paths == ["/search/", "/preview/", "/[removed]", "/search/"]
    assert [line["status"] for line in lines][1:] == [404, 404, 503]
    assert all(len(line["id"]) == 32 for line in lines)
    everything = log + (tmp_path / "error.log").read_text()
    assert "canary" not in everything
    assert "127.0.0.1" not in everything


# Pictures, which may be in a media store


@pytest.fixture
def picture(port, monkeypatch):
    """Return the address of a picture that nginx keeps for a second."""
    monkeypatch.setattr(media, "SECONDS_IN_NGINX", 1)
    image = wagtail_factories.ImageFactory()
    return image.get_rendition(CARD.fallback).url


def test_picture_is_kept_given_out_while_the_store_is_away_and_gone_when_deleted(
    port, picture, monkeypatch
):
    visitor = Visitor(port)

    def ask():
        response, _ = visitor.get(picture)
        return response.status, response.getheader("X-Cache")

    def fail(name):
        raise media.MediaStorageUnavailableError

    assert [ask(), ask()] == [(200, "MISS"), (200, "HIT")]
    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "open", fail)
        time.sleep(2.1)
        assert ask() == (200, "STALE")
    assert ask() == (200, "EXPIRED")
    get_image_model().objects.get().delete()
    time.sleep(2.1)
    assert ask()[0] == 404


# Forms


def test_flood_of_forms_is_stopped_and_readers_are_not(port):
    form = {"Origin": "http://localhost"}
    form["Content-Type"] = "application/x-www-form-urlencoded"
    visitor = Visitor(port, **form)

    def statuses(path, times, *sent):
        return [visitor.get(path, *sent)[0].status for _ in range(times)]

    seen = Counter(statuses("/cant-find-it/", 60, "POST", "website=x"))
    assert set(seen) == {302, 429}
    assert seen[429] > 10
    assert set(statuses("/cant-find-it/", 30)) == {200}
    # No one's work in the admin is counted.
    assert 429 not in statuses("/admin/login/", 30, "POST", "x=x")


SHOW_NETWORK = """
server {{
  listen 127.0.0.1:{port};
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Real-IP;
  location / {{ return 200 $stockton_cms_network; }}
}}
"""


@pytest.fixture
def network_of(monkeypatch, tmp_path):
    """Return a function that says what nginx takes for the sender of an address."""

    def only_the_map(folder, ports, *site_ports):
        deployed = (BASE_DIR / "deploy/nginx.conf").read_text()
        [text] = re.findall(r"^map \$remote_addr .*?^\}", deployed, re.M | re.S)
        return text + SHOW_NETWORK.format(port=ports.site)

    monkeypatch.setattr(nginx, "site_configuration", only_the_map)
    with nginx_in_front(tmp_path, 0) as port:
        yield lambda address: Visitor(port, **{"X-Real-IP": address}).get("/")[1]


def test_one_customer_is_one_sender_whatever_address_they_take(network_of):
    """Compare with `test_network_is_what_one_customer_of_a_provider_has`."""
    same = ["2001:db8:1:2::5", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::"]
    assert {network_of(address) for address in same} == {"2001:db8:1:2:"}
    zeros = ["2001:db8::1", "2001:db8::2:3:4", "2001:db8::a:b:c:d"]
    assert {network_of(address) for address in zeros} == {"2001:db8:"}
    others = ["192.0.2.1", "192.0.2.2", "::1", "2001:db8:1:3::5", "2001:db8:2:2::5"]
    assert len({network_of(address) for address in (*others, same[0])}) == 6
