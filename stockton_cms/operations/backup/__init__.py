"""Backup and restore: rows and files in one archive, for SQLite and PostgreSQL (O3)."""
