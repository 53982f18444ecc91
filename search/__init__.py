"""Helps people find things, and shows staff what people could not find."""
