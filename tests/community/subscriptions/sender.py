"""A process that sends updates until it is killed.

`python -m tests.community.subscriptions.sender unmarked` does what the real one must
not: it writes down what was sent only after a hundred.
"""

import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402

from community.subscriptions import sending  # noqa: E402

if "unmarked" in sys.argv:

    def send_without_marking(self, letter, message):
        self._postman.send(message)
        self._taken = [*self._taken, *letter.ids]

    sending.Round._begin = lambda self, letter: True
    sending.Round._send = send_without_marking
while sending.send_updates(timezone.now()):
    pass
