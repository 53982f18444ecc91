"""What people cannot find, by topic, and what officers do about it (S11)."""
