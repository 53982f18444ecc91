"""The site goes on without its shared cache, mail server or pictures."""

import re
import time
from uuid import uuid4

import pytest

from tests.faults.processes import run_command
from tests.faults.readers import Reader, Readers, longest, p95_ms, warm
from tests.faults.stack import without

pytestmark = pytest.mark.faults

SECONDS_AWAY = 10
CACHE, MAIL, MEDIA = "shared cache away", "mail away", "media away"
# Made again for each visitor, some with questions to the cache.
OTHERS = ("/search/?query=food", "/cant-find-it/", "/account/login/", "/nowhere/")
LONGEST = 3
BEGIN_SESSION = """
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore()
session["seen"] = 1
session.save()
print("session", session.session_key)
"""

RESIDENT = f"{uuid4().hex}@example.org"
ANSWERED = f"""
from django.utils import timezone
from search.models import Enquiry
Enquiry.objects.create(
    message="Where is the library?", email="{RESIDENT}",
    answer="<p>Here.</p>", answered_at=timezone.now(),
)
"""
MAKE_ANEW = """
from home.content_version import bump_content_version
bump_content_version()
"""
FORGET_SIZES = """
from wagtail.images.models import Rendition
Rendition.objects.all().delete()
"""


def session_of(machine) -> dict[str, str]:
    """Return the cookie of someone with a session that the cache does not know."""
    printed = machine.manage("shell", "-v0", script=BEGIN_SESSION)
    return {"Cookie": f"sessionid={printed.split('session ')[1].strip()}"}


@pytest.mark.parametrize("how", ["away", "hung"])
def test_shared_cache(stack, measured, how):
    port = stack.port
    signed_in = session_of(stack.machine)
    warm([port, stack.machine.port], stack.pages)
    with (
        getattr(stack.cache, how)(),
        Readers(port, stack.pages, count=4) as readers,
        Readers(port, OTHERS, count=2, each_a_second=4) as others,
    ):
        time.sleep(SECONDS_AWAY)
        officer = Reader(port).ask("/account/login/", headers=signed_in)
        said = run_command(
            'manage.py shell -v0 -c "from django.core.cache import cache; cache.set(1, 2); print(cache.get(1))"',  # noqa: E501
            **stack.settings,
        )
    failed = [each for each in others.answers if each.status not in {200, 404}]
    measured(
        CACHE,
        f"{how}: the site goes on, nothing takes {LONGEST} s",
        f"{len(readers.failed())} of {len(readers.answers)} kept and {len(failed)} of "
        f"{len(others.answers)} other pages failed; p95 {p95_ms(readers.answers):.0f} "
        f"and {p95_ms(others.answers):.0f} ms, "
        f"longest {longest(others.answers):.1f} s; "
        f"with a session {officer.status} in {officer.seconds:.1f} s",
    )
    assert said.stdout.split() == ["None"]
    assert not readers.failed()
    assert not failed
    assert officer.status == 200
    assert longest(readers.answers + others.answers + [officer]) < LONGEST


def test_without_patience_with_the_cache_officers_would_notice(stack):
    port, signed_in = stack.machine.port, session_of(stack.machine)
    defence = without("patience with the cache")
    with stack.machine.other_settings(**defence), stack.cache.away():
        answer = Reader(port).ask("/account/login/", headers=signed_in)
    assert answer.status == 500


def receivers_of(mail) -> list[str]:
    return [each["To"] for each in mail.messages]


def test_mail_waits_and_is_sent_once(stack, measured):
    machine, port = stack.machine, stack.port
    machine.manage("shell", "-v0", script=ANSWERED)
    # Nothing listens.
    machine.manage("run_jobs")
    refused = run_command("manage.py sendtestemail you@example.org", **stack.settings)
    page = Reader(port).ask("/cant-find-it/")
    stack.mail.start()
    try:
        run_command("manage.py sendtestemail you@example.org", **stack.settings)
        # The first attempt after an outage waits for a minute.
        deadline = time.monotonic() + 90
        while RESIDENT not in receivers_of(stack.mail) and time.monotonic() < deadline:
            run_command("manage.py run_jobs", **stack.settings)
            time.sleep(5)
        for _ in range(2):
            run_command("manage.py run_jobs", **stack.settings)
    finally:
        stack.mail.stop()
    receivers = receivers_of(stack.mail)
    sent = receivers.count(RESIDENT)
    measured(
        MAIL,
        "the site goes on; mail waits and is sent once",
        f"form {page.status}; sent {sent} times by the jobs",
    )
    # Without the mail server no mail can be sent.
    assert refused.returncode != 0
    assert "ConnectionRefusedError" in refused.stderr
    assert "you@example.org" in receivers
    assert sent == 1
    assert page.status == 200


def test_pages_without_their_pictures(stack, measured):
    """Neither the files of their sizes, nor those from which they could be made."""
    machine, port = stack.machine, stack.port
    pages = [Reader(port).ask(path) for path in stack.pages]
    pictures = [
        src for page in pages for src in re.findall(r'src="(/media/[^"]+)', page.text)
    ]
    media, elsewhere = machine.folder / "media", machine.folder / "elsewhere"
    media.rename(elsewhere)
    try:
        machine.manage(
            "shell",
            "-v0",
            script=MAKE_ANEW,
        )
        time.sleep(4)
        rebuilt = [Reader(port).ask(path) for path in stack.pages]
        gone = {Reader(port).ask(picture).status for picture in pictures}
        machine.manage("shell", "-v0", script=FORGET_SIZES + MAKE_ANEW)
        time.sleep(4)
        unmade = [Reader(port).ask(path) for path in stack.pages]
    finally:
        elsewhere.rename(media)
    run_command("manage.py generate_renditions", **stack.settings)
    back = {Reader(port).ask(picture).status for picture in pictures}
    images = [tag for page in rebuilt for tag in re.findall(r"<img [^>]+>", page.text)]
    with_alt = [tag for tag in images if re.search(r' alt="[^"]', tag)]
    measured(
        MEDIA,
        "the site goes on; alt text instead of an image",
        f"{sum(page.status == 200 for page in rebuilt + unmade)} of "
        f"{len(rebuilt + unmade)} pages made again; {len(with_alt)} of {len(images)} "
        f"images with alt text; pictures {gone} while away, {back} when back",
    )
    assert pictures
    assert {page.status for page in rebuilt + unmade} == {200}
    # One for decoration only has an empty one.
    assert all(" alt=" in tag for tag in images)
    assert with_alt
    assert gone == {404}
    assert back == {200}
