"""One deployed site for all tests that take something away from it."""

import pytest

from tests.faults.stack import running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """Run the whole site; each test leaves it as well as it was."""
    with running_stack(tmp_path_factory.mktemp("site")) as stack:
        yield stack
