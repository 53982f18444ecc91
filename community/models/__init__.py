"""The models of the community area, each subject in a module of its own."""

from community.models.alert_history import AlertHistoryEntry
from community.models.alerts import AlertScope, AlertSnippet
from community.models.pages import (
    CommunityIndexPage,
    Partner,
    PartnershipPage,
    RelatedPage,
)
from community.models.policies import PolicyDocument, PolicyUpdatePage, PublishedVersion
from community.models.subscriptions import (
    Frequency,
    Subscriber,
    Subscription,
    UpdateEvent,
)
