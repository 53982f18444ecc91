"""Keeping pages true: reviews, links, stale claims, content checks."""
