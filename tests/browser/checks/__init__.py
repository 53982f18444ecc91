"""Checks of a page in a browser: each returns what is wrong with it, in words."""
