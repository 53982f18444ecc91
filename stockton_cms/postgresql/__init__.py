"""Django's own PostgreSQL, for which nobody waits long."""
