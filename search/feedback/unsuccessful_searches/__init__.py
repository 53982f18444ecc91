"""Unsuccessful searches, grouped by topic, and what staff do about them."""
