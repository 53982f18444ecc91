"""The page for when the application is unavailable is written in time, and whole."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from home.models import SiteSettings
from stockton_cms.maintenance_page import PATH, refresh_maintenance_page
from tests.factories import AlertFactory


@pytest.fixture(autouse=True)
def page(settings, tmp_path):
    """Return where the page is to be."""
    settings.DATA_DIR = tmp_path / "data"
    return settings.DATA_DIR / PATH


def set_number(home, number):
    council = SiteSettings.for_site(home.get_site())
    council.council_name = "Borough of Tests"
    council.emergency_numbers = [("number", {"label": "Flooding", "number": number})]
    council.save()


def test_page_follows_the_site_settings_and_holds_no_alert(home, page):
    """Which no one could end."""
    AlertFactory(heading="Flood warning")
    for number in ("01632 960 111", "01632 960 222"):
        set_number(home, number)
        refresh_maintenance_page(timezone.now())
        assert f">{number}</a>" in page.read_text()
    text, before = page.read_text(), page.stat()
    assert "01632 960 111" not in text
    assert "Borough of Tests" in text
    assert "Sorry, there is a problem with the website" in text
    assert "Flood warning" not in text
    assert before.st_mode & 0o777 == 0o644
    # One that has not changed is left alone.
    refresh_maintenance_page(timezone.now())
    assert page.stat().st_ino == before.st_ino


def test_page_is_there_before_anybody_has_written_site_settings(db, page, capsys):
    SiteSettings.objects.all().delete()
    call_command("render_maintenance_page")
    assert str(page) in capsys.readouterr().out
    assert not SiteSettings.objects.exists()


def test_page_stays_as_it_was_where_the_disk_is_full(home, page, monkeypatch):
    refresh_maintenance_page(timezone.now())
    before = page.read_text()
    set_number(home, "01632 960 333")

    def fail(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "chmod", fail)
    with pytest.raises(OSError, match="No space"):
        refresh_maintenance_page(timezone.now())
    assert page.read_text() == before
    assert [each.name for each in page.parent.iterdir()] == ["503.html"]
