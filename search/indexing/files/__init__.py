"""Reads the text of uploaded files, in a process that a hostile file cannot leave."""

MAX_CHARACTERS = 500_000
