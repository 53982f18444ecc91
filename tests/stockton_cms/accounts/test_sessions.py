"""Who has signed out stays out, whatever the shared cache does meanwhile (O6)."""

import pytest
from django.conf import settings as site_settings
from django.core.cache.backends.locmem import LocMemCache
from django.urls import reverse

ENGINES = {
    site_settings.SESSION_ENGINE: False,
    # The control: an engine that believes the cache.
    "django.contrib.sessions.backends.cached_db": True,
}


@pytest.mark.parametrize(("engine", "comes_back"), ENGINES.items())
def test_who_signs_out_while_the_cache_is_away_does_not_come_back_with_it(
    client, officer, settings, monkeypatch, engine, comes_back
):
    settings.SESSION_ENGINE = engine
    client.force_login(officer)
    home, name = reverse("wagtailadmin_home"), settings.SESSION_COOKIE_NAME
    assert client.get(home).status_code == 200
    cookie = client.cookies[name].value
    with monkeypatch.context() as patch:
        # What django-redis does while Redis does not answer.
        patch.setattr(LocMemCache, "delete", lambda *args, **kwargs: False)
        client.post(reverse("account_logout"))
    client.cookies[name] = cookie
    assert (client.get(home).status_code == 200) is comes_back
