"""Where policies stand, beside their titles in listings and in search (P4, R9)."""

from collections.abc import Collection
from datetime import datetime

from community.models import PolicyUpdatePage
from community.models.policy import PolicyStatus
from home.listings import register_labels


@register_labels(PolicyUpdatePage)
def get_policy_labels(ids: Collection[int], at: datetime) -> dict[int, str]:
    """Return where each policy stands at a moment, in the words that readers see."""
    policies = PolicyUpdatePage.objects.filter(pk__in=ids).with_status(at)
    return {
        pk: PolicyStatus(status).label
        for pk, status in policies.values_list("pk", "status")
    }
