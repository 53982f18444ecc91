"""The search log: what people search for, without personal data."""
