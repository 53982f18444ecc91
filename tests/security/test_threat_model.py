"""The threat model names tests that exist: for each threat a proof and a control."""

import ast

import pytest

from tests.security.run import read_threats
from tests.servers import BASE_DIR

THREATS = read_threats()


def names_in(file):
    tree = ast.parse((BASE_DIR / file).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.name)
def test_threat_has_a_bar_a_proof_and_a_control_that_exist(threat):
    assert threat.bar
    assert threat.defence_tests
    assert threat.controls
    for file, name in threat.tests:
        assert (BASE_DIR / file).exists(), file
        if name:
            assert name in names_in(file), f"{file} has no {name}"


def test_every_threat_of_a_kind_is_there():
    """So many rows have the tables that the model answers."""
    assert len(THREATS) >= 20
