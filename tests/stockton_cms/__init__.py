"""Tests of the stockton_cms app."""
