"""Who asks, while a view of the admin answers."""

from contextvars import ContextVar

from django.http import HttpRequest
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.query import PageQuerySet

# The request of someone who is signed in; None outside the admin.
admin_request: ContextVar[HttpRequest | None] = ContextVar(
    "admin_request", default=None
)


def pages_of_their_part() -> PageQuerySet:
    """Return the pages whose drafts whoever asks may see; all outside the admin."""
    request = admin_request.get()
    if request is None:
        return Page.objects.all()
    policy = policy_registry.get_by_type(Page)
    return policy.explorable_instances(request.user).order_by()


class OfferedOnlyMixin:
    """Refuses a form in whose blocks or texts something was chosen that nobody offered.

    `home.chosen_values` notes it. Fields of their own say so themselves.
    """

    def clean(self):
        """Say that something was refused, as no block says what it has dropped."""
        data = super().clean()
        if getattr(admin_request.get(), "refused_choice", False):
            text = "you chose is not there, or you may not see it. Choose another."
            self.add_error(None, f"A page, picture or document that {text}")
        return data
