"""Two machines are one site, also while what they share is unavailable (O6)."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from statistics import median

import pytest
from bs4 import BeautifulSoup
from wagtail.images.tests.utils import get_test_image_file

from tests.faults.readers import Readers, longest
from tests.faults.stack import hung
from tests.several_machines.browser import Browser
from tests.several_machines.conftest import MESSAGES_AN_HOUR, PASSWORD, ask

pytestmark = pytest.mark.deployment

TIMES = 20
ADD_ALERT = "/admin/snippets/community/alertsnippet/add/"
PUBLISH = {"action-publish": "action-publish"}
ALERT = {
    "severity": "40",
    "scope": "site",
    "starts_at": "2020-01-01 09:00",
    "ends_at": "2090-01-01 09:00",
}
WRONG_PLACES = """
import json
from wagtail.models import Page
wrong = [str(each) for each in Page.find_problems() if each]
paths = dict(Page.objects.values_list("path", "url_path"))
wrong += [
    page.url_path for page in Page.objects.filter(depth__gt=2)
    if page.url_path != f"{paths[page.path[:-Page.steplen]]}{page.slug}/"
]
print(json.dumps(wrong))
"""
TIMES_PUBLISHED = """
import json
from wagtail.models import PageLogEntry
entries = PageLogEntry.objects.filter(action="wagtail.publish.scheduled")
print(json.dumps(list(entries.values_list("page_id", flat=True))))
"""


def publish(officer, port, section, title, **fields) -> tuple[str, str]:
    """Write a page and publish it on a machine; return its path and its editor's."""
    slug = title.lower().replace(" ", "-")
    address = f"/admin/pages/add/home/standardpage/{section['id']}/"
    answer = officer.send_form(
        port, address, title=title, slug=slug, **fields, **PUBLISH
    )
    assert answer.status_code == 302, BeautifulSoup(answer.text, "html.parser").text
    said = officer.get(port, answer.headers["Location"]).text
    edit = BeautifulSoup(said, "html.parser").select_one(".messages a[href$='/edit/']")
    return f"{section['path']}{slug}/", edit["href"]


def seconds_after(change, *are_seen) -> list[float]:
    """Make a change; return how long after its answer each other thing was seen.

    It is looked for all the while, as by many visitors, so that what a machine knows is
    as old as it ever is. Five seconds where it is not seen.
    """
    deadline = time.monotonic() + 60

    def watch(is_seen):
        while not is_seen() and time.monotonic() < min(deadline, done[0] + 5):
            time.sleep(0.02)
        return time.monotonic()

    done = [float("inf")]
    with ThreadPoolExecutor(len(are_seen)) as threads:
        watching = [threads.submit(watch, is_seen) for is_seen in are_seen]
        change()
        done[0] = time.monotonic()
        return [max(0, each.result() - done[0]) for each in watching]


def tokenise(response) -> str:
    """Return what a page says, without its marks."""
    return re.sub(r"<[^>]*>", "", response.text)


def times_to_be_seen(site, officer, word, count=TIMES) -> tuple[float, float]:
    """Publish a page on A again and again; return how soon B shows and finds each.

    In seconds, as medians.
    """
    seen = []
    path, edit = publish(officer, site.a.port, site.section, f"All about {word}s")
    for number in range(count):
        name = f"{word}{number}"

        def change(title=f"All about {name}"):
            fields = {"title": title, "minor_edit": "on", **PUBLISH}
            answer = officer.send_form(site.a.port, edit, **fields)
            assert answer.status_code == 302

        def is_shown(name=name, reader=Browser()):  # noqa: B008 - one for each change
            return f"about {name}" in tokenise(reader.get(site.b.port, path))

        def is_found(name=name, reader=Browser()):  # noqa: B008
            search = f"/search/?query={name}"
            return f"about {name}" in tokenise(reader.get(site.b.port, search))

        assert not is_shown()
        seen.append(seconds_after(change, is_shown, is_found))
    shown, found = zip(*seen, strict=True)
    print(
        f"\nPublished on A, {count} times: on B shown after {median(shown):.2f} s "
        f"(at most {max(shown):.2f}), found after {median(found):.2f} s "
        f"(at most {max(found):.2f})"
    )
    return median(shown), median(found)


def test_page_published_on_one_is_shown_and_found_on_the_other_within_a_second(
    site, olive
):
    shown, found = times_to_be_seen(site, olive, "quokka")
    assert shown < 1
    assert found < 1


def test_picture_uploaded_on_one_is_shown_by_the_other(site, olive):
    olive.get(site.a.port, "/admin/images/add/")
    answer = olive.post(
        site.a.port,
        "/admin/images/add/",
        {"title": "Pantry", "description": "A pantry", "collection": "1"},
        file=("pantry.png", get_test_image_file(size=(640, 320)).file.getvalue()),
    )
    assert answer.status_code == 302
    rows = olive.get(site.a.port, "/admin/images/?q=Pantry").text
    image_id = re.search(r"/admin/images/(\d+)/", rows).group(1)
    path, _ = publish(olive, site.a.port, site.section, "Pantries", picture=image_id)
    reader = Browser()
    assert reader.get(site.b.port, path).status_code == 200
    html = BeautifulSoup(reader.get(site.b.port, path).text, "html.parser")
    picture = html.select_one("main img")
    assert picture["alt"] == "A pantry"
    shown = reader.get(site.b.port, picture["src"])
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
    through_nginx = [reader.get(site.port, picture["src"]) for _ in range(2)]
    assert [each.headers["X-Cache"] for each in through_nginx] == ["MISS", "HIT"]
    assert through_nginx[1].content == shown.content
    assert not list(site.a.folder.glob("media/**/*.*"))
    for port in (site.port, site.a.port, site.b.port):
        assert reader.get(port, "/media/original_images/pantry.png").status_code == 404


def test_alert_put_live_on_one_is_seen_on_the_other_at_once(site, olive):
    reader, port = Browser(), site.a.port

    def is_seen():
        return "Floods in Yarm" in reader.get(site.b.port, "/").text

    assert not is_seen()
    answer = olive.send_form(
        port, ADD_ALERT, heading="Floods in Yarm", **ALERT, **PUBLISH
    )
    confirmation = answer.headers["Location"]
    html = BeautifulSoup(olive.get(port, confirmation).text, "html.parser")
    draft = {"draft": html.select_one("input[name=draft]")["value"]}
    [seconds] = seconds_after(lambda: olive.post(port, confirmation, draft), is_seen)
    print(f"\nAlert put live on A: on B after {seconds:.2f} s")
    assert seconds < 1


def test_who_signs_in_on_one_has_signed_in_on_both_and_out_of_both(site):
    officer = Browser("192.0.2.2")
    assert officer.sign_in(site.a.port, "otto", PASSWORD)
    # nginx goes from one to the other.
    assert all(officer.is_signed_in(site.port) for _ in range(6))
    assert officer.is_signed_in(site.b.port)
    cookie = officer.cookie
    assert Browser("192.0.2.2", cookie).is_signed_in(site.a.port)
    officer.sign_out(site.b.port)
    for port in (site.a.port, site.b.port, site.port):
        assert not officer.is_signed_in(port)
        assert not Browser("192.0.2.2", cookie).is_signed_in(port)


def test_wrong_passwords_are_counted_on_both_together(site):
    ports = [site.a.port, site.b.port, site.a.port, site.b.port, site.a.port]
    for number, port in enumerate(ports):
        # From five addresses, as an attacker would who has them.
        guesser = Browser(f"198.51.100.{number}")
        assert not guesser.sign_in(port, "throttled", "a wrong password")
    for port in (site.a.port, site.b.port):
        assert not Browser("192.0.2.3").sign_in(port, "throttled", PASSWORD)
    assert Browser("192.0.2.3").sign_in(site.b.port, "otto", PASSWORD)


def test_messages_of_residents_are_counted_on_both_together(site):
    resident, address = Browser("192.0.2.4"), "/cant-find-it/"
    html = BeautifulSoup(resident.get(site.a.port, address).text, "html.parser")
    form = {"shown_at": html.select_one("input[name=shown_at]")["value"]}
    # Nobody types faster.
    time.sleep(3.1)
    seen = [
        resident.post(port, address, {**form, "message": f"A bin, {number}"})
        for number, port in enumerate([site.a.port, site.b.port] * MESSAGES_AN_HOUR)
    ]
    assert Counter(answer.status_code for answer in seen) == {
        302: MESSAGES_AN_HOUR,
        429: MESSAGES_AN_HOUR,
    }


def test_pages_moved_on_both_at_once_leave_the_tree_whole(site, olive):
    sections, pages = site.sections, site.pages

    def move_all(port):
        mover, moved = olive.copy(), Counter()
        for number in range(3):
            for page in pages:
                target = sections[(page + number + port) % 3]
                path = f"/admin/pages/{page}/move/{target}/confirm/"
                moved[mover.post(port, path, {}).status_code] += 1
        return moved

    with ThreadPoolExecutor(4) as threads:
        moved = sum(threads.map(move_all, [site.a.port, site.b.port] * 2), Counter())
    print(f"\nMoves on both at once, by answer: {dict(moved)}")
    assert set(moved) == {302}
    assert ask(site.b, WRONG_PLACES) == []


def test_jobs_of_both_do_everything_once(site):
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda each: each.manage("run_jobs"), [site.a, site.b]))
    sent = re.findall(r"^To: (r\d@.*)", site.mails(), re.MULTILINE)
    assert Counter(sent) == {f"r{number}@example.org": 1 for number in range(10)}
    published = Counter(ask(site.a, TIMES_PUBLISHED))
    assert len(published) == 10
    assert set(published.values()) == {1}
    assert Browser().get(site.b.port, "/due-9/").status_code == 200


def test_machine_that_shares_nothing_is_found_out(site):
    """The control: a machine that keeps sessions, pages, pictures, tries to itself."""
    weakened = "tests.several_machines.weakened"
    # While something is due, every request asks.
    site.a.manage("run_jobs")
    with site.b.other_settings(DJANGO_SETTINGS_MODULE=weakened):
        officer = Browser("192.0.2.5")
        assert officer.sign_in(site.a.port, "olive", PASSWORD)
        # B takes the cookie away that it does not know.
        other_window = Browser("192.0.2.5", officer.cookie)
        assert not other_window.is_signed_in(site.b.port)
        # Search asks the database each time.
        shown, _ = times_to_be_seen(site, officer, "wombat", 1)
        assert shown > 1
        reader = Browser()
        home = BeautifulSoup(reader.get(site.a.port, "/").text, "html.parser")
        picture = home.select_one("main img")["src"]
        statuses = [reader.get(m.port, picture).status_code for m in (site.a, site.b)]
        assert statuses == [200, 404]
        # Five wrong ones were counted on A above.
        assert Browser("192.0.2.3").sign_in(site.b.port, "throttled", PASSWORD)


PATHS = ["/", "/stronger-communities/", "/search/?query=food", "/cant-find-it/"]


@contextmanager
def nobody_notices(*ports):
    """Let someone read at each port all the while; none of them sees an error."""
    with ExitStack() as stack:
        readers = [
            stack.enter_context(Readers(port, PATHS, count=1, each_a_second=20))
            for port in ports
        ]
        yield
    answers = [answer for each in readers for answer in each.answers]
    print(f"\n{len(answers)} requests, the slowest took {longest(answers):.2f} s")
    assert {answer.status for answer in answers} == {200}


def test_site_goes_on_while_the_shared_cache_is_away_and_when_it_is_back(site, olive):
    with nobody_notices(site.port, site.a.port, site.b.port):
        time.sleep(0.5)
        site.cache.stop()
        seen = times_to_be_seen(site, olive, "numbat", 5)
        assert olive.is_signed_in(site.b.port)
        officer = Browser("192.0.2.6")
        assert officer.sign_in(site.b.port, "otto", PASSWORD)
        site.cache.start()
        assert officer.is_signed_in(site.a.port)
    assert max(seen) < 1
    path, _ = publish(olive, site.a.port, site.section, "About bilbies")
    reader = Browser()
    reader.get(site.a.port, path)
    # Made by A, kept by both.
    assert "hit" in reader.get(site.b.port, path).headers["Cache-Status"]


def test_shared_cache_that_hangs_brings_back_nobody_who_has_signed_out(site):
    officer = Browser("192.0.2.7")
    assert officer.sign_in(site.a.port, "otto", PASSWORD)
    assert officer.is_signed_in(site.b.port)
    cookie = officer.cookie
    assert Browser("192.0.2.7", cookie).is_signed_in(site.b.port)
    with hung(site.cache._process.pid), nobody_notices(site.a.port, site.b.port):
        officer.sign_out(site.a.port)
    for port in (site.a.port, site.b.port):
        assert not Browser("192.0.2.7", cookie).is_signed_in(port)


def test_machine_is_taken_away_and_no_reader_notices(site):
    with nobody_notices(site.port, site.port):
        time.sleep(0.5)
        site.b.stop()
        time.sleep(1)
        site.b.start("/-/ready")


def test_pictures_go_on_in_nginx_while_the_media_store_is_away(site, olive):
    nowhere = {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}
    reader = Browser()
    html = reader.get(site.a.port, "/").text
    known, unknown = sorted(set(re.findall(r"/media/images/[^\s\"]+", html)))[:2]
    assert reader.get(site.port, known).status_code == 200
    with site.a.other_settings(**nowhere), site.b.other_settings(**nowhere):
        assert reader.get(site.a.port, "/").status_code == 200
        assert reader.get(site.a.port, unknown).status_code == 503
        assert reader.get(site.port, known).status_code == 200
        olive.get(site.a.port, "/admin/images/add/")
        answer = olive.post(
            site.a.port,
            "/admin/images/add/",
            {"title": "Pantry", "collection": "1"},
            file=("pantry.png", get_test_image_file().file.getvalue()),
        )
        assert "cannot be uploaded at the moment" in answer.text


def test_without_a_shared_cache_all_is_right_nevertheless(site):
    with site.a.other_settings(CACHE_URL=""), site.b.other_settings(CACHE_URL=""):
        officer = Browser("192.0.2.8")
        assert officer.sign_in(site.a.port, "olive", PASSWORD)
        assert max(times_to_be_seen(site, officer, "dingo", 5)) < 1
        assert officer.is_signed_in(site.b.port)
        officer.sign_out(site.b.port)
        assert not officer.is_signed_in(site.a.port)
        guesser = Browser("192.0.2.9")
        for number in range(5):
            port = (site.a.port, site.b.port)[number % 2]
            Browser(f"203.0.113.{number}").sign_in(port, "another", "wrong password")
        assert not guesser.sign_in(site.b.port, "another", PASSWORD)
