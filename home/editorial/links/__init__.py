"""Links on pages: which there are, and which are broken."""
