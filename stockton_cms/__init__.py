"""The composition root: settings, URLs and what operators run."""
