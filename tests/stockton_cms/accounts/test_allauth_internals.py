"""What we use of allauth beside its documented API is there, and does the same."""

import inspect
import re

import pytest
from django.core.cache import caches

from stockton_cms.accounts import allauth_internals
from stockton_cms.accounts.adapters import STRANGER
from stockton_cms.accounts.allauth_internals import (
    clear_attempts,
    consume_attempt,
    find_account,
)

pytestmark = pytest.mark.django_db


def test_attempts_are_counted_in_the_cache_of_sign_in_and_can_be_cleared(rf):
    request = rf.post("/", REMOTE_ADDR="192.0.2.1")
    caches["default"].clear()
    for _ in range(5):
        assert consume_attempt(request, STRANGER, "account 1")
    assert not consume_attempt(request, STRANGER, "account 1")
    assert not caches["default"]._cache
    other = rf.post("/", REMOTE_ADDR="192.0.2.2")
    assert not consume_attempt(other, STRANGER, "account 1")
    clear_attempts(other, STRANGER, "account 1")
    assert consume_attempt(other, STRANGER, "account 1")


@pytest.mark.parametrize("module", allauth_internals.USES_CACHE)
def test_modules_read_the_cache_by_the_name_that_is_replaced(module):
    source = inspect.getsource(module)
    assert "from django.core.cache import cache\n" in source
    assert re.search(r"(?<!def )\bcache\.(?:get|set|add)\(", source)


def test_accounts_are_found_by_name_and_address(officer):
    assert find_account(username=officer.username) == officer
    assert find_account(email=officer.email.upper()) == officer
    assert find_account(username="no one") is None
