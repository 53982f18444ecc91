"""Who may read and deal with enquiries."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from wagtail.permission_policies import ModelPermissionPolicy

from search.feedback.enquiries.models import Enquiry, EnquiryEvent

POLICY = ModelPermissionPolicy(Enquiry)


def may_read(user: AbstractBaseUser) -> bool:
    return POLICY.user_has_any_permission(user, ["view", "change"])


def may_handle(user: AbstractBaseUser) -> bool:
    return POLICY.user_has_permission(user, "change")


def get_handlers() -> QuerySet:
    handlers = POLICY.users_with_permission("change").distinct()
    return handlers.order_by("first_name", "last_name", "pk")


def state_of(enquiry: Enquiry) -> str:
    """Return what changes with every action, to detect concurrent ones."""
    parts = (enquiry.status, enquiry.assigned_to_id, enquiry.answered_at)
    return "|".join(str(part) for part in parts)


def record(enquiry: Enquiry, by: AbstractBaseUser, at: datetime, what: str) -> None:
    """Add to the history. `what` must hold nothing that a resident wrote."""
    EnquiryEvent.objects.create(enquiry=enquiry, by=by, at=at, what=what[:300])
