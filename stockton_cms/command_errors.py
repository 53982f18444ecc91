"""What a command says to operators where the database, a file or a server is away."""

from django.db import connection
from psycopg import OperationalError
from psycopg_pool import PoolTimeout


def explain(error: Exception) -> str:
    """Return what is wrong and where to look, in two lines."""
    if not isinstance(error, OSError):
        reason = f"The database cannot be used: {why(error)}"
        advice = (
            "Look at DATABASE_URL and docs/runbook/database-away.md; where a table or "
            "column is missing, run `manage.py migrate`."
        )
    elif error.filename:
        reason = f"A file cannot be used: {error}"
        advice = "Run this as the site's own user; look at DATA_DIR and its disk."
    else:
        reason = f"A server does not answer as it should: {type(error).__name__}: "
        reason += why(error)
        advice = "Look at its address in the settings, and whether it runs."
    return f"{reason}\n{advice} --traceback shows more."


def why(error: Exception) -> str:
    """Return the first line of an error; where the pool gave up, what the server says.

    The other lines of a database's error quote what people have written.
    """
    if isinstance(error.__cause__, PoolTimeout):
        try:
            connection.Database.connect(**connection.get_connection_params()).close()
        except OperationalError as reason:
            error = reason
    return str(error).partition("\n")[0]
