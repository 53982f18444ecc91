"""Measurements that need more than the site itself: a test set, two databases."""
