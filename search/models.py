"""The models of the search app, each subject in a module of its own."""

from search.documents import SearchDocument
from search.enquiries.models import Enquiry

__all__ = ["Enquiry", "SearchDocument"]
