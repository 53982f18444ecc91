"""Brings existing pages in, from a CSV file or a folder of HTML pages (P15)."""
