"""The page tree: its lock, addresses, redirects and scheduled publishing."""
