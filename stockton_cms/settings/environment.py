"""Reads the environment: a value that cannot be meant stops the start with one line.

The line names the variable and never quotes it, as it may hold a password. `.env` at
the project's root is read first, where there is one.
"""

import re
import sys
from io import StringIO
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from environ import Env

BASE_DIR = Path(__file__).resolve().parents[2]

# A name, one with a dot or star before it for all below, or an address of the network.
HOST_NAME = re.compile(r"\*|(\*?\.)?[\w-]+(\.[\w-]+)*\.?|\[[0-9a-fA-F:]+\]")

env = Env()
try:
    env.read_env(StringIO((BASE_DIR / ".env").read_text("utf-8")))
except FileNotFoundError:
    pass  # All is in the environment then.
except (OSError, UnicodeError) as error:
    sys.exit(
        f"{BASE_DIR / '.env'} cannot be read ({error}). Run this as the site's own "
        "user, or look at the rights and the encoding of that file."
    )


def text(variable: str, default: str = "") -> str:
    return env(variable, default="").strip() or default


def required(variable: str) -> str:
    return text(variable) or sys.exit(
        f"{variable} is missing. Set it in the environment or in .env; "
        "the table of variables in README.md says what it is."
    )


def check(variable: str, is_right: object, must_be: str) -> None:
    if not is_right:
        sys.exit(f"{variable} must be {must_be}.")


def flag(variable: str, default: bool) -> bool:
    """Return what the variable says.

    A slip such as `HTTPS=ture` must not turn off what keeps the site safe.
    """
    said = text(variable, str(default)).lower()
    check(variable, said in {"true", "false"}, "true or false")
    return said == "true"


def number(variable: str, default: int) -> int:
    said = text(variable, str(default))
    is_right = re.fullmatch("[1-9][0-9]{0,4}", said)
    check(variable, is_right, "a whole number, from 1 to 99999")
    return int(said)


def networks(variable: str, default: str) -> list[IPv4Network | IPv6Network]:
    names = text(variable, default).split(",")
    try:
        return [ip_network(name.strip()) for name in names]
    except ValueError:
        check(variable, False, "networks such as 127.0.0.0/8,10.1.2.0/24")


def hosts(variable: str) -> list[str]:
    names = [name.strip() for name in required(variable).split(",")]
    check(
        variable,
        all(HOST_NAME.fullmatch(name) for name in names),
        "host names separated by commas, such as www.example.gov.uk,127.0.0.1, "
        "without https:// and without a port",
    )
    return names
