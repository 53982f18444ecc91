"""Warns of accounts that may not use the admin, when saving them and signing in."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.shortcuts import render
from wagtail import hooks

USE_ADMIN = "wagtailadmin.access_admin"


def with_role(view: Callable) -> Callable:
    """Wrap an admin view: explain to signed-in users without a role why it is closed.

    Wagtail would send them to sign in, where they have just come from.
    """

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        user = request.user
        if user.is_authenticated and not user.has_perm(USE_ADMIN):
            return render(request, "account/no_role.html", status=403)
        return view(request, *args, **kwargs)

    return wrapped


@hooks.register("after_create_user")
@hooks.register("after_edit_user")
def warn_of_missing_role(request: HttpRequest, user) -> None:
    """Say that an account is of no use yet, and what to do about it."""
    # Read it again: the user at hand may have cached earlier permissions.
    saved = get_user_model().objects.get(pk=user.pk)
    if saved.is_active and not saved.has_perm(USE_ADMIN):
        messages.warning(
            request,
            f"{saved.get_username()} cannot use the admin yet, as the account has no "
            "role. Edit it and choose one under “Roles”.",
        )
