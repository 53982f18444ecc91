"""Static files of two releases, side by side in the folder that nginx gives out."""

import json
import shutil
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command

from stockton_cms import static_files
from stockton_cms.static_files import ReleaseStaticFilesStorage

OURS = "stockton_cms.static_files.ReleaseStaticFilesStorage"
WHITENOISES = "whitenoise.storage.CompressedManifestStaticFilesStorage"


@pytest.fixture
def collect(tmp_path, settings, monkeypatch):
    source = tmp_path / "source"
    settings.STATIC_ROOT = tmp_path / "given_out"
    settings.STATICFILES_FINDERS = [
        "django.contrib.staticfiles.finders.FileSystemFinder"
    ]
    settings.STATICFILES_DIRS = [source]

    def collect(release: str, storage: str = OURS, *options: str, **texts: str) -> dict:
        monkeypatch.setattr(
            ReleaseStaticFilesStorage, "manifest_name", f"staticfiles-{release}.json"
        )
        settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": storage}}
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir()
        for name, text in texts.items():
            (source / f"{name}.css").write_text(text)
        call_command("collectstatic", *options, interactive=False, verbosity=0)
        [manifest] = settings.STATIC_ROOT.glob(
            f"staticfiles-{release}.json" if storage == OURS else "staticfiles.json"
        )
        return json.loads(manifest.read_text())["paths"]

    return collect


@pytest.fixture
def given_out(collect, settings) -> Path:
    return settings.STATIC_ROOT


def test_files_of_the_old_release_stay(collect, given_out):
    old = collect("old", site="a { color: red }", gone="b { color: red }")
    new = collect("new", site="a { color: blue }")
    assert (given_out / old["site.css"]).read_text() == "a { color: red }"
    assert (given_out / old["gone.css"]).exists()
    assert (given_out / new["site.css"]).read_text() == "a { color: blue }"
    # Originals, which no one names, do not.
    assert not (given_out / "site.css").exists()
    # A worker of the old release that starts now still finds all its files, as does
    # one that starts after going back.
    assert "gone.css" in (given_out / "staticfiles-old.json").read_text()
    assert "gone.css" not in (given_out / "staticfiles-new.json").read_text()
    # Nor does clearing take away what pages name.
    collect("new", OURS, "--clear", site="a { color: blue }")
    assert (given_out / old["site.css"]).exists()


def test_whitenoise_alone_forgets_the_files_of_the_old_release(collect):
    collect("old", WHITENOISES, site="a { color: red }", gone="b { color: red }")
    assert "gone.css" not in collect("new", WHITENOISES, site="a { color: blue }")


@pytest.mark.parametrize(("storage", "is_always_there"), [(OURS, 1), (WHITENOISES, 0)])
def test_style_sheet_is_always_there_and_whole(
    collect, given_out, monkeypatch, storage, is_always_there
):
    style = given_out / collect("old", storage, site="a { color: red }")["site.css"]
    seen = []
    save = FileSystemStorage._save

    def look_and_save(self, name, content):
        seen.append(style.exists())
        name = save(self, name, content)
        seen.append(style.exists() and style.read_text() == "a { color: red }")
        return name

    monkeypatch.setattr(FileSystemStorage, "_save", look_and_save)
    collect("new", storage, site="a { color: red }", other="b { color: blue }")
    assert all(seen) is bool(is_always_there)


def test_nothing_is_left_beside_the_files(collect, given_out):
    new = collect("new", site="a { color: red }" * 50)
    collect("new", site="a { color: red }" * 50)
    names = {path.name for path in given_out.iterdir()}
    style = new["site.css"]
    assert names <= {style, f"{style}.gz", f"{style}.br", "staticfiles-new.json"}


@pytest.fixture
def code(tmp_path, monkeypatch):
    for room in static_files.ROOMS:
        (tmp_path / room / "static").mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("django==5.2")
    (tmp_path / "home/pages.py").write_text("pass")
    monkeypatch.setattr(static_files, "BASE_DIR", tmp_path)
    return tmp_path


def names() -> tuple[str, str]:
    """Return the names of the release and of its static files, read again."""
    return (
        static_files.get_release.__wrapped__(),
        static_files.get_static_release.__wrapped__(),
    )


@pytest.mark.parametrize(
    ("path", "changes_static_files"),
    [
        ("home/pages.py", False),
        ("stockton_cms/templates/base.html", False),
        ("stockton_cms/static/site.css", True),
        ("requirements.txt", True),
    ],
)
def test_every_change_makes_another_release(code, path, changes_static_files):
    before = names()
    (code / path).parent.mkdir(exist_ok=True)
    (code / path).write_text("changed")
    release, static = names()
    assert release != before[0]
    assert (static != before[1]) is changes_static_files


def test_release_is_the_same_in_another_folder(code, tmp_path_factory, monkeypatch):
    before = names()
    (code / "home/__pycache__").mkdir()
    (code / "home/__pycache__/pages.pyc").write_text("compiled here")
    copy = shutil.copytree(code, tmp_path_factory.mktemp("elsewhere") / "code")
    monkeypatch.setattr(static_files, "BASE_DIR", copy)
    assert names() == before
