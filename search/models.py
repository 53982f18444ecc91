"""The models of the search app, each subject in a module of its own."""
# ruff: noqa: F401

from search.checks import SearchCheckResult, SearchCheckSnippet
from search.curation import BlockedSuggestion, PromotionSnippet, SynonymSnippet
from search.feedback.models import (
    Enquiry,
    FeedbackAction,
    PageFeedbackComment,
    PageFeedbackCount,
)
from search.indexing.documents import LinkedDocument, SearchDocument, SearchFile
from search.log.models import LoggedSearch
