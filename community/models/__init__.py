"""The models of the community area, each subject in a module of its own."""

from community.models.alerts import AlertScope, AlertSnippet
from community.models.ledger import AlertLedgerEntry
from community.models.outcome_reminders import OutcomeReminder
from community.models.pages import (
    CommunityIndexPage,
    Partner,
    PartnershipPage,
    RelatedPage,
)
from community.models.policy import PolicyDocument, PolicyUpdatePage
from community.models.subscriptions import (
    Delivery,
    Frequency,
    MailTrouble,
    Notice,
    Subscriber,
    Subscription,
)
from community.models.versions import PublishedVersion

__all__ = [
    "AlertLedgerEntry",
    "AlertScope",
    "AlertSnippet",
    "CommunityIndexPage",
    "Delivery",
    "Frequency",
    "MailTrouble",
    "Notice",
    "OutcomeReminder",
    "Partner",
    "PartnershipPage",
    "PolicyDocument",
    "PolicyUpdatePage",
    "PublishedVersion",
    "RelatedPage",
    "Subscriber",
    "Subscription",
]
