"""The content of the example site, each subject in a module of its own."""
