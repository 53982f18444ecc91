"""Search checks: tests that a search finds the right page (S12)."""
