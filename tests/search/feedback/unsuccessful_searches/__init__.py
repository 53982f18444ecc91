"""Tests of unsuccessful searches."""
