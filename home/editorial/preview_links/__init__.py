"""Preview links, with which someone without an account can read one draft."""
