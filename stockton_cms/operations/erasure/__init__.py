"""Takes every copy of an e-mail address out of the database (O4)."""
