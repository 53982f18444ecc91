"""Where the admin says something else than Wagtail, Wagtail still has the phrase."""

import gettext
import re
from pathlib import Path

import wagtail.admin
from django.conf import settings
from django.urls import reverse

FOLDER = Path(settings.BASE_DIR) / "stockton_cms/locale/en_GB/LC_MESSAGES"
WAGTAIL = Path(wagtail.admin.__file__).parent / "locale/en/LC_MESSAGES/django.po"
ENTRY = re.compile(r'^msgid "(.+)"\nmsgstr "(.+)"$', re.MULTILINE)


def entries():
    return dict(ENTRY.findall((FOLDER / "django.po").read_text()))


def test_each_phrase_is_one_of_wagtail():
    phrases = re.sub(r'"\n"', "", WAGTAIL.read_text())
    assert len(entries()) > 3
    assert not [each for each in entries() if f'"{each}"' not in phrases]


def test_compiled_words_are_those_of_the_source():
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {each: compiled.gettext(each) for each in entries()} == entries()


def test_admin_uses_them(home, admin_client):
    html = admin_client.get(reverse("wagtailadmin_home")).content.decode()
    assert "Sign out" in html
    assert "Log out" not in html
