"""A process that sends updates until it is killed.

With `unmarked` it does what the real one must not: it marks deliveries as sent only
after a hundred.
"""

import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402

from community.subscriptions import sending  # noqa: E402

if "unmarked" in sys.argv:

    def send_without_marking(self, batch, message):
        self._session.send(message)
        self._accepted_ids = [*self._accepted_ids, *batch.ids]

    sending.DeliveryRun._mark_sending = lambda self, batch: True
    sending.DeliveryRun._send = send_without_marking
while sending.send_updates(timezone.now()):
    pass
