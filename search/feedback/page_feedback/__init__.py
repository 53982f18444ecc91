"""Answers to "Was this page useful?"."""
