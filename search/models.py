"""The models of the search app, each subject in a module of its own."""

from search.checks.models import SearchCheckResult, SearchCheckSnippet
from search.documents import OfferedFile, SearchDocument, SearchFile
from search.enquiries.models import Enquiry, EnquiryEvent, RepeatedEnquiry
from search.enquiries.usefulness import UsefulnessComment, UsefulnessCount
from search.findability.models import FindabilityAction
from search.log import LoggedSearch
from search.promotions import PromotionSnippet
from search.synonyms import SynonymSnippet
from search.unsuggested import UnsuggestedSnippet

__all__ = [
    "Enquiry",
    "EnquiryEvent",
    "FindabilityAction",
    "LoggedSearch",
    "OfferedFile",
    "PromotionSnippet",
    "RepeatedEnquiry",
    "SearchCheckResult",
    "SearchCheckSnippet",
    "SearchDocument",
    "SearchFile",
    "SynonymSnippet",
    "UnsuggestedSnippet",
    "UsefulnessComment",
    "UsefulnessCount",
]
