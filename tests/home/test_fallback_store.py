"""What error pages know is checked in `tests/stockton_cms/test_error_pages.py`."""

import pytest
from django.core.cache import caches

from home import caching
from home.caching import load_fallback, store_fallback


@pytest.fixture
def writes(monkeypatch):
    cache, written = caches["last_known"], []
    original = cache.set

    def write(name, value):
        written.append(value)
        original(name, value)

    monkeypatch.setattr(cache, "set", write)
    return written


def test_each_change_is_written_once_and_outlives_the_process(writes):
    for value in (["Floods"], ["Floods"], [], ["Floods"]):
        store_fallback("alerts", value)
    assert writes == [["Floods"], [], ["Floods"]]
    caching._fallbacks.clear()
    assert load_fallback("alerts", []) == ["Floods"]


def test_full_disk_does_not_break_the_page(home, client, monkeypatch, caplog):
    def no_space(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr(caches["last_known"], "set", no_space)
    assert client.get("/").status_code == 200
    assert "Could not store" in caplog.text
