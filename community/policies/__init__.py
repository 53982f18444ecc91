"""Policies and consultations: listings, feeds and reminders."""
