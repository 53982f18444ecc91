"""An account for each role, with a password that is shown once."""

import secrets
from dataclasses import dataclass
from typing import TextIO

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from stockton_cms.accounts.roles import ROLES

ADMINISTRATOR = "administrator"
# 15 bytes make 20 characters, five more than the password rules ask for.
PASSWORD_BYTES = 15


@dataclass(frozen=True)
class NewAccount:
    """An account that has just been made, and the password that no one keeps."""

    role: str
    username: str
    password: str


def create_accounts(groups: dict[str, Group]) -> list[NewAccount]:
    """Make one account for each role, and the administrator's.

    `groups` are the groups by role name. An account whose user name is taken is left
    alone: it is someone's own, and keeps its password and its rights.
    """
    roles = [ADMINISTRATOR, *(role.name for role in ROLES)]
    return [
        account
        for role in roles
        if (account := _create_account(role, groups.get(role))) is not None
    ]


def _create_account(role: str, group: Group | None) -> NewAccount | None:
    users = get_user_model().objects
    username = role.replace(" ", "-")
    if users.filter(username=username).exists():
        return None
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    is_administrator = role == ADMINISTRATOR
    user = users.create_user(
        username,
        email=f"{username}@example.gov.uk",
        password=password,
        first_name="Example",
        last_name=role,
        is_superuser=is_administrator,
        is_staff=is_administrator,
    )
    if group is not None:
        user.groups.add(group)
    return NewAccount(role, username, password)


def print_accounts(accounts: list[NewAccount], stdout: TextIO) -> None:
    if not accounts:
        return
    rows = [("Role", "User name", "Password")]
    rows += [(item.role, item.username, item.password) for item in accounts]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    stdout.write("Write these passwords down now: they are not shown again.\n\n")
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        stdout.write("  " + "  ".join(cells).rstrip() + "\n")
    stdout.write("\n")
