"""A real mail server for all tests of the outbox."""

from tests.home.notifications.smtp import server  # noqa: F401
