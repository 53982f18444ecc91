"""The tree of pages: its lock, addresses, redirects and publishing by the clock."""
