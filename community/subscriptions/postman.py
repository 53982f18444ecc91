"""The connection to the mail server, over which one e-mail after another goes."""

from time import monotonic, sleep

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

# Servers close connections over which very much comes.
PER_CONNECTION = 100
# A server may look into an e-mail before it takes it. Who does not wait for the answer
# sends twice.
TIMEOUT = 60


class Postman:
    """Sends e-mails over a connection that is made anew now and then.

    Use it as a context manager: entering it connects. Raises what `smtplib` raises.
    """

    def __init__(self):
        self._connection = get_connection(timeout=TIMEOUT)
        self._sent = 0

    def __enter__(self) -> "Postman":
        self._began = monotonic()
        self._connection.open()
        return self

    def __exit__(self, *error) -> None:
        self._connection.close()

    @property
    def is_due_to_rest(self) -> bool:
        """Whether a hundred have gone since the connection was made."""
        return self._sent > 0 and self._sent % PER_CONNECTION == 0

    def rest(self) -> None:
        """Connect anew, no sooner than the settings allow.

        Call it while no e-mail is under way.
        """
        self._connection.close()
        due = self._began + 60 * self._sent / settings.UPDATES_PER_MINUTE
        sleep(max(0, due - monotonic()))
        self._connection.open()

    def send(self, message: EmailMessage) -> None:
        """Hand over one e-mail; return once the server has taken it."""
        self._sent += 1
        message.connection = self._connection
        self._connection.send_messages([message])
