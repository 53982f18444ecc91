"""What officers are called wherever it counts who did something."""

from django.contrib.auth.models import AbstractBaseUser


def name_of(user: AbstractBaseUser | None) -> str:
    """Return someone's name and the username that no one else has; empty for None.

    Two people may have one name, and administrators may change it.
    """
    if not user:
        return ""
    name, username = user.get_full_name(), user.get_username()
    return f"{name} ({username})" if name else username
