"""A process that sends updates until it is killed.

With `unmarked` it does what the real one must not: it marks deliveries as sent only
after a hundred.
"""

import os
import sys

import django
from django.conf import settings

django.setup()
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(os.environ["SENDER_PORT"])

from django.utils import timezone  # noqa: E402

from home.notifications import sending  # noqa: E402

if "unmarked" in sys.argv:
    next_chunk = sending.SendingRun._next_chunk
    unmarked = []

    def mark_and_go_on(self):
        rows = sending.Notification.objects.filter(pk__in=unmarked)
        rows.update(state=sending.State.SENT)
        unmarked.clear()
        return next_chunk(self)

    def send_without_marking(self, rows, message):
        self._session.send(message)
        unmarked.extend(row.pk for row in rows)

    sending._mark_sending = lambda rows: True
    sending.SendingRun._next_chunk = mark_and_go_on
    sending.SendingRun._send = send_without_marking
while sending.send_notifications(timezone.now()):
    pass
