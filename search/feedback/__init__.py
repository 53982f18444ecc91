"""Enquiries, page feedback and unsuccessful searches."""
