"""`manage.py bootstrap` says where the site is."""

import pytest
from django.core.management import call_command

from stockton_cms.management.commands import bootstrap


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ("https://www.example.gov.uk", "https://www.example.gov.uk/admin/"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8123/admin/"),
    ],
)
def test_address_is_that_of_the_site(configured, said, settings, monkeypatch, capsys):
    settings.WAGTAILADMIN_BASE_URL = configured
    for name in ("stop_if_taken", "call_command", "build_example_site"):
        monkeypatch.setattr(bootstrap, name, lambda *args, **options: None)
    monkeypatch.setattr(bootstrap, "static_files_are_old", lambda: False)
    call_command("bootstrap", "--port=8123")
    assert f"The admin: {said}\n" in capsys.readouterr().out
