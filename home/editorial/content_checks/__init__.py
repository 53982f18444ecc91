"""Checks of what pages say, shown in the editor and in a report."""
