"""Tests of what attackers try, and the run of all of them."""
