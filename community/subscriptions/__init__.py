"""Email updates: how residents follow pages, and stop (R4)."""
