"""Takes every copy of an email address out of the database (O4)."""
