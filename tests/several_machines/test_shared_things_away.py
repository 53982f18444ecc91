"""What two machines do while one of the things they share, or one of them, is away."""

import os
import re
import signal
import time
from contextlib import ExitStack, contextmanager

import pytest
from wagtail.images.tests.utils import get_test_image_file

from tests.faults.readers import Readers, longest
from tests.several_machines.browser import Browser
from tests.several_machines.conftest import PASSWORD
from tests.several_machines.test_one_site import publish, times_to_be_seen

pytestmark = pytest.mark.deployment


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
    cookie, hung = officer.cookie, site.cache._process.pid
    assert Browser("192.0.2.7", cookie).is_signed_in(site.b.port)
    os.kill(hung, signal.SIGSTOP)
    try:
        with nobody_notices(site.a.port, site.b.port):
            officer.sign_out(site.a.port)
    finally:
        os.kill(hung, signal.SIGCONT)
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
