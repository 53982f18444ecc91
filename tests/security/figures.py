"""A plugin of pytest that notes what each test measured, for the table of the run.

A test says it with pytest's own `record_property("measured", "…")`.
"""

import json
import os


def pytest_configure(config):
    """Note results in the process that collects them from all workers."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Figures(os.environ["SECURITY_FIGURES"]))


class Figures:
    """Writes a line of JSON for each test."""

    def __init__(self, path: str):
        self.path = path

    def pytest_runtest_logreport(self, report):
        """Note a test that has been called, or could not be."""
        if report.when != "call" and report.passed:
            return
        file, _, test = report.nodeid.partition("::")
        line = {
            "file": file,
            "test": test.partition("[")[0],
            "outcome": report.outcome,
            "measured": dict(report.user_properties).get("measured", ""),
        }
        with open(self.path, "a") as file:
            file.write(json.dumps(line) + "\n")
