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


def test_page_follows_the_site_settings(home, page):
    for number in ("01632 960 111", "01632 960 222"):
        set_number(home, number)
        refresh_maintenance_page(timezone.now())
        assert f">{number}</a>" in page.read_text()
    assert "01632 960 111" not in page.read_text()
    assert "Borough of Tests" in page.read_text()
    assert page.stat().st_mode & 0o777 == 0o644


def test_page_holds_no_alert_that_nobody_could_end(home, page):
    AlertFactory(heading="Flood warning")
    call_command("render_maintenance_page", verbosity=0)
    assert "Sorry, there is a problem with the website" in page.read_text()
    assert "Flood warning" not in page.read_text()


def test_page_is_there_before_anybody_has_written_site_settings(db, page, capsys):
    SiteSettings.objects.all().delete()
    call_command("render_maintenance_page")
    assert str(page) in capsys.readouterr().out
    assert not SiteSettings.objects.exists()


def test_page_that_has_not_changed_is_left_alone(home, page):
    refresh_maintenance_page(timezone.now())
    before = page.stat().st_ino
    refresh_maintenance_page(timezone.now())
    assert page.stat().st_ino == before


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
