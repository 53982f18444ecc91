"""Preview links: one draft page for somebody without an account (P10)."""
