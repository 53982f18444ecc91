"""Django's own PostgreSQL, for which no one waits long."""
