"""Tests of what people cannot find."""
