"""Tests of reading uploaded files."""
