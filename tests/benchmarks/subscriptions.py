"""How long publishing and sending take for a page with 20,000 subscribers.

`make bench-updates` publishes the same page with and without them, in turn, and then
sends all emails to a mail server in a process of its own; on SQLite and on PostgreSQL.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.run import postgresql
from tests.servers import free_port, manage, site_environment

PEOPLE, ROUNDS = int(os.environ.get("PEOPLE", 20_000)), 5
PUBLISH_MS, SENDING_SECONDS = 200, 300

PUBLISHING = f"""
import time
from django.utils import timezone
from community.models import PolicyUpdatePage, Subscription
from home.notifications.outbox import Notification
from tests.community.subscriptions.people import people

page = PolicyUpdatePage.objects.first()
Subscription.objects.filter(page=None).delete()
people({PEOPLE}, page)
subscriptions = Subscription.objects.filter(page=page.page_ptr)

def publish(note):
    page.change_note, page.minor_edit = note, False
    revision = page.save_revision()
    started = time.perf_counter()
    revision.publish()
    return (time.perf_counter() - started) * 1000

publish("The first one warms up.")
for number in range({ROUNDS}):
    subscriptions.update(confirmed_at=None)
    without = publish(f"Without subscribers: note {{number}}.")
    subscriptions.update(confirmed_at=timezone.now())
    print("times", without, publish(f"With subscribers: note {{number}}."))
latest = Notification.objects.latest("pk").key
Notification.objects.exclude(key=latest).update(state="sent")
"""
SENDING = """
import time
from django.utils import timezone
from home.notifications.outbox import Notification
from home.notifications.sending import send_notifications
started = time.perf_counter()
while send_notifications(timezone.now()):
    pass
print(time.perf_counter() - started, Notification.objects.open().count())
"""


@contextmanager
def mail_server(log: Path):
    """Run a mail server in a process of its own, which logs its recipients."""
    port = free_port()
    command = [sys.executable, "-m", "tests.home.notifications.smtp", str(port)]
    process = subprocess.Popen([*command, str(log)], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def measure(name: str, environment: dict, folder: Path) -> bool:
    """Measure both on one database; print them; return whether both meet the bar."""
    manage(environment, "migrate", "--verbosity=0")
    manage(environment, "load_demo_site")
    lines = manage(environment, "shell", script=PUBLISHING).splitlines()
    times = [
        tuple(map(float, line.split()[1:])) for line in lines if line[:5] == "times"
    ]
    without, with_them = (
        statistics.median(column) for column in zip(*times, strict=True)
    )
    print(
        f"{name}: publishing takes {without:.0f} ms, with {PEOPLE:,} subscribers "
        f"{with_them:.0f} ms: {with_them - without:.0f} ms more (at most {PUBLISH_MS})"
    )
    log = folder / f"{name}.txt"
    with mail_server(log) as port:
        mail = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "UPDATES_PER_MINUTE": "30000"}
        output = manage({**environment, **mail}, "shell", script=SENDING)
    seconds, left = output.strip().splitlines()[-1].split()
    accepted = log.read_text().splitlines()
    print(
        f"{name}: {len(accepted):,} emails to {len(set(accepted)):,} people in "
        f"{float(seconds):.0f} s (at most {SENDING_SECONDS}); {left} are left"
    )
    all_once = len(accepted) == len(set(accepted)) == PEOPLE
    is_quick = with_them - without <= PUBLISH_MS and float(seconds) < SENDING_SECONDS
    return all_once and is_quick


def main() -> int:
    """Measure on each database; return 0 where all is within the bars."""
    with tempfile.TemporaryDirectory() as folder, postgresql() as address:
        path = Path(folder)
        results = [
            measure(name, {**site_environment(path), **options}, path)
            for name, options in (
                ("SQLite", {}),
                ("PostgreSQL", {"DATABASE_URL": address}),
            )
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
