"""Whether a page was useful, and what its readers add."""
