"""Static files of two releases, side by side in the folder that nginx gives out."""

import json
import shutil

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command

from stockton_cms import static_files
from stockton_cms.static_files import ReleaseStaticFilesStorage

OURS = "stockton_cms.static_files.ReleaseStaticFilesStorage"
WHITENOISES = "whitenoise.storage.CompressedManifestStaticFilesStorage"
RED, BLUE = "a { color: red }" * 50, "b { color: blue }"


@pytest.fixture
def collect(tmp_path, settings, monkeypatch):
    """Return a function that collects style sheets, and returns their stored names."""
    source = tmp_path / "source"
    settings.STATIC_ROOT = tmp_path / "given_out"
    finder = "django.contrib.staticfiles.finders.FileSystemFinder"
    settings.STATICFILES_FINDERS = [finder]
    settings.STATICFILES_DIRS = [source]

    def collect(release: str, storage: str = OURS, *options: str, **texts: str) -> dict:
        manifest = f"staticfiles-{release}.json"
        monkeypatch.setattr(ReleaseStaticFilesStorage, "manifest_name", manifest)
        settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": storage}}
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir()
        for name, text in texts.items():
            (source / f"{name}.css").write_text(text)
        call_command("collectstatic", *options, interactive=False, verbosity=0)
        manifest = manifest if storage == OURS else "staticfiles.json"
        return json.loads((settings.STATIC_ROOT / manifest).read_text())["paths"]

    return collect


def test_files_of_the_old_release_stay(collect, settings):
    folder = settings.STATIC_ROOT
    old = collect("old", site=RED, gone=BLUE)
    new = collect("new", site=BLUE)
    assert (folder / old["site.css"]).read_text() == RED
    assert (folder / old["gone.css"]).exists()
    assert (folder / new["site.css"]).read_text() == BLUE
    # Originals, which no one names, do not.
    assert not (folder / "site.css").exists()
    # A worker of the old release that starts now still finds all its files, as does
    # one that starts after going back.
    assert "gone.css" in (folder / "staticfiles-old.json").read_text()
    assert "gone.css" not in (folder / "staticfiles-new.json").read_text()
    # Nor does clearing remove what pages name, or anything stay beside the files.
    collect("new", OURS, "--clear", site=BLUE)
    assert (folder / old["site.css"]).exists()
    names = {*old.values(), *new.values()}
    names |= {f"{name}.{end}" for name in names for end in ("gz", "br")}
    names |= {"staticfiles-old.json", "staticfiles-new.json"}
    assert {path.name for path in folder.iterdir()} <= names


def test_whitenoise_alone_forgets_the_files_of_the_old_release(collect):
    collect("old", WHITENOISES, site=RED, gone=BLUE)
    assert "gone.css" not in collect("new", WHITENOISES, site=BLUE)


@pytest.mark.parametrize(
    ("storage", "is_always_there"), [(OURS, True), (WHITENOISES, False)]
)
def test_style_sheet_is_always_there_and_whole(
    collect, settings, monkeypatch, storage, is_always_there
):
    style = settings.STATIC_ROOT / collect("old", storage, site=RED)["site.css"]
    seen, save = [], FileSystemStorage._save

    def look_and_save(self, name, content):
        seen.append(style.exists())
        name = save(self, name, content)
        seen.append(style.exists() and style.read_text() == RED)
        return name

    monkeypatch.setattr(FileSystemStorage, "_save", look_and_save)
    collect("new", storage, site=RED, other=BLUE)
    assert all(seen) is is_always_there


def names() -> tuple[str, str]:
    """Return the names of the release and of its static files, read again."""
    digest_of = static_files.digest_of
    return digest_of(*static_files.ROOMS), digest_of("stockton_cms/static")


def test_every_change_makes_another_release_and_another_folder_none(
    tmp_path, tmp_path_factory, monkeypatch
):
    for room in static_files.ROOMS:
        (tmp_path / room / "static").mkdir(parents=True)
    (tmp_path / "stockton_cms/templates").mkdir()
    (tmp_path / "requirements.txt").write_text("django==5.2")
    monkeypatch.setattr(static_files, "BASE_DIR", tmp_path)
    for path, changes_static_files in (
        ("home/pages.py", False),
        ("stockton_cms/templates/base.html", False),
        ("stockton_cms/static/site.css", True),
        ("requirements.txt", True),
    ):
        before = names()
        (tmp_path / path).write_text("changed")
        release, static = names()
        assert release != before[0]
        assert (static != before[1]) is changes_static_files
    (tmp_path / "home/__pycache__").mkdir()
    (tmp_path / "home/__pycache__/pages.pyc").write_text("compiled here")
    copy = shutil.copytree(tmp_path, tmp_path_factory.mktemp("elsewhere") / "code")
    monkeypatch.setattr(static_files, "BASE_DIR", copy)
    assert names() == (release, static)
