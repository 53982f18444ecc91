"""The cache of whole public pages, and the caches in front of it."""
