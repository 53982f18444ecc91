from django.contrib.auth.models import AbstractBaseUser


def name_of(user: AbstractBaseUser | None) -> str:
    """Return a user's name and username; empty for None.

    Two people may share a name, and administrators may change it.
    """
    if not user:
        return ""
    name, username = user.get_full_name(), user.get_username()
    return f"{name} ({username})" if name else username
