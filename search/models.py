"""The models of the search app, each subject in a module of its own."""

from search.curation.blocklist import BlockedSuggestion
from search.curation.checks.models import SearchCheckResult, SearchCheckSnippet
from search.curation.promotions import PromotionSnippet
from search.curation.synonyms import SynonymSnippet
from search.feedback.enquiries.models import Enquiry, EnquiryEvent, RepeatedEnquiry
from search.feedback.page_feedback.models import PageFeedbackComment, PageFeedbackCount
from search.feedback.unsuccessful_searches.models import TopicAction
from search.indexing.documents import LinkedDocument, SearchDocument, SearchFile
from search.log.models import LoggedSearch

__all__ = [
    "BlockedSuggestion",
    "Enquiry",
    "EnquiryEvent",
    "LinkedDocument",
    "LoggedSearch",
    "PageFeedbackComment",
    "PageFeedbackCount",
    "PromotionSnippet",
    "RepeatedEnquiry",
    "SearchCheckResult",
    "SearchCheckSnippet",
    "SearchDocument",
    "SearchFile",
    "SynonymSnippet",
    "TopicAction",
]
