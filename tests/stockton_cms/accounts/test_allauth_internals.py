"""What we use of allauth beside its documented API is there, and does the same.

That attempts are counted and accounts are found is for the tests of sign-in.
"""

import inspect
import re

import pytest

from stockton_cms.accounts import allauth_internals


@pytest.mark.parametrize("module", allauth_internals.USES_CACHE)
def test_modules_read_the_cache_by_the_name_that_is_replaced(module):
    source = inspect.getsource(module)
    assert "from django.core.cache import cache\n" in source
    assert re.search(r"(?<!def )\bcache\.(?:get|set|add)\(", source)
