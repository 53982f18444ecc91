"""The models of the community area, each subject in a module of its own."""

from community.models.alert_history import AlertHistoryEntry
from community.models.alerts import AlertScope, AlertSnippet
from community.models.pages import (
    CommunityIndexPage,
    Partner,
    PartnershipPage,
    RelatedPage,
)
from community.models.policy import PolicyDocument, PolicyUpdatePage
from community.models.subscriptions import (
    Frequency,
    Subscriber,
    Subscription,
    UpdateEvent,
)
from community.models.versions import PublishedVersion

__all__ = [
    "AlertHistoryEntry",
    "AlertScope",
    "AlertSnippet",
    "CommunityIndexPage",
    "Frequency",
    "Partner",
    "PartnershipPage",
    "PolicyDocument",
    "PolicyUpdatePage",
    "PublishedVersion",
    "RelatedPage",
    "Subscriber",
    "Subscription",
    "UpdateEvent",
]
