"""`manage.py reset_mfa NAME`: for someone who lost their phone and recovery codes."""

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from django.core.management.base import BaseCommand, CommandError

from stockton_cms.accounts.allauth_internals import find_account


class Command(BaseCommand):
    help = (
        "Remove the authenticator app, passkeys and recovery codes of an account. Make "
        "sure first, by voice or face, that it is the person who asks."
    )

    def add_arguments(self, parser):
        parser.add_argument("login", help="username or email address")

    def handle(self, *args, login, **options):
        user = find_account(username=login)
        if user is None:
            raise CommandError(f'There is no account "{login}".')
        found = list(Authenticator.objects.filter(user=user))
        for authenticator in found:
            authenticator.delete()
            authenticator_removed.send(
                Authenticator, request=None, user=user, authenticator=authenticator
            )
        self.stdout.write(f"Removed {len(found)} of {user.get_username()}.")
