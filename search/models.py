"""The models of the search app, each subject in a module of its own."""

from search.documents import OfferedFile, SearchDocument, SearchFile
from search.enquiries.models import Enquiry
from search.log import LoggedSearch
from search.promotions import PromotionSnippet
from search.synonyms import SynonymSnippet
from search.unsuggested import UnsuggestedSnippet

__all__ = [
    "Enquiry",
    "LoggedSearch",
    "OfferedFile",
    "PromotionSnippet",
    "SearchDocument",
    "SearchFile",
    "SynonymSnippet",
    "UnsuggestedSnippet",
]
