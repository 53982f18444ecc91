"""What error pages know is checked in `tests/stockton_cms/test_error_pages.py`."""

from pathlib import Path

import pytest
from django.core.cache import caches
from wagtail.models import Site

from home import fallback_store
from home.fallback_store import load, store
from home.models import SiteSettings
from home.navigation.context_processors import get_stored_council


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
        store("alerts", value)
    assert writes == [["Floods"], [], ["Floods"]]
    fallback_store._stored.clear()
    assert load("alerts", []) == ["Floods"]


def test_full_disk_does_not_break_the_page(home, client, monkeypatch, caplog):
    def no_space(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr(caches["last_known"], "set", no_space)
    assert client.get("/").status_code == 200
    assert "Could not store" in caplog.text


def test_broken_file_gives_the_default():
    store("alerts", ["Floods"])
    path = Path(caches["last_known"]._key_to_file("alerts"))
    path.write_bytes(b"not a cache file")
    assert load("alerts", "a default") == "a default"


def test_council_is_known_after_a_page_view(home, client):
    default = {"council_name": "Stockton-on-Tees Borough Council"}
    assert get_stored_council() == {**default, "emergency_numbers": []}
    settings = SiteSettings.for_site(Site.objects.get())
    settings.council_name = "Stockton Council"
    number = {"label": "Housing", "number": "01632 960 000"}
    settings.emergency_numbers = [("number", number)]
    settings.save()
    client.get("/")
    assert get_stored_council() == {
        "council_name": "Stockton Council",
        "emergency_numbers": [number],
    }
