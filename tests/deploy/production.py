"""The environment of a site in production, made from the file that operators copy."""

import os
import re
from pathlib import Path

from tests.servers import BASE_DIR

EXAMPLE = (BASE_DIR / "deploy/.env.example").read_text()
README = (BASE_DIR / "README.md").read_text()
SECRET = "a-KEY-for-0ne-test-only_with-more-than-fifty-signs-in-it.9f8e7d6c"


def variables_in_readme() -> dict[str, str]:
    """Return the variables of the table and their defaults as they stand there."""
    table = README.split("## Variables")[1]
    rows = re.findall(r"^\| (`[A-Z0-9_`, ]+`) \| (.*?) \|", table, re.M)
    return {
        name: default for names, default in rows for name in re.findall(r"\w+", names)
    }


def production(folder: Path, **changes: str) -> dict[str, str]:
    """Return the environment that the example file makes, with its data in a folder."""
    text = EXAMPLE.replace("/var/lib/stockton_cms", str(folder))
    return {
        "PATH": os.environ["PATH"],
        # The environment wins over a developer's own `.env`, so each is given, but for
        # those that are gunicorn's, which takes no empty ones.
        **dict.fromkeys(set(variables_in_readme()) - {"WEB_CONCURRENCY", "PORT"}, ""),
        **dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", text, re.M)),
        "SECRET_KEY": SECRET,
        **changes,
    }
