"""What holds for the project as a whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("stockton_cms", "home", "community", "search")
MAX_LINES = 400
MAX_LINES_OF_A_TEMPLATE = 60

TEMPLATES = sorted((ROOT / "stockton_cms" / "templates").rglob("*.html"))
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
REQUIREMENTS = sorted(ROOT.glob("requirements*"))

# What needs all of the page's context: it holds tags that ask where the page stands.
# Parts of one page, and a form that needs the token of whoever may be signed in.
INCLUDES_WITH_CONTEXT = {
    ("base.html", "components/footer.html"),
    ("search/search.html", "search/nothing_found.html"),
    ("search/nothing_found.html", "components/enquiry_form.html"),
    ("search/enquiry.html", "components/enquiry_form.html"),
    ("search/rate_limited.html", "components/enquiry_form.html"),
    ("search/rate_limited.html", "components/comment_form.html"),
    ("search/page_feedback_comment.html", "components/comment_form.html"),
    ("search/page_feedback.html", "components/page_feedback.html"),
    # django-allauth's own, which read what its views give.
    ("account/login.html", "mfa/webauthn/snippets/login_script.html"),
    ("mfa/authenticate.html", "mfa/webauthn/snippets/scripts.html"),
}

# What a rule is broken with; `tests/security/test_sources.py` says why, and counts.
TRUSTED = {
    # The editors' guide: our own document, in which raw HTML is turned off.
    "stockton_cms/editor_guide.py": "safestring.mark_safe(html)",
    # Ending emails by one click of a mail program (ADR 28).
    "community/subscriptions/views.py": "csrf_exempt",
}


def name_of(path):
    return str(path.relative_to(ROOT))


each_module = pytest.mark.parametrize("path", MODULES, ids=name_of)
each_template = pytest.mark.parametrize("path", TEMPLATES, ids=name_of)


def test_these_tests_see_the_project():
    assert len(MODULES) > 30
    assert len(TEMPLATES) > 30
    assert len(REQUIREMENTS) == 4


def test_every_change_of_a_model_has_its_migration(db):
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_rooms_import_in_one_direction_only():
    # A process of its own: the tool reads pyproject.toml where it stands.
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@each_module
def test_module_can_be_read_in_one_sitting(path):
    if "migrations" not in path.parts:
        assert len(path.read_text().splitlines()) <= MAX_LINES


@each_module
def test_module_trusts_no_text_and_checks_every_form(path):
    code = path.read_text()
    if name_of(path) in TRUSTED:
        code = code.replace(TRUSTED[name_of(path)], "")
    forbidden = ("mark_safe", "csrf_exempt", "SafeText(", "RawHTMLBlock", "|safe")
    assert not [word for word in forbidden if word in code]
    assert not re.search(r"SafeString\(|__html__|autoescape", code)


@each_module
def test_module_imports_at_its_top(path):
    """An import inside a function hides a cycle; an app's `ready` has to wait."""
    if path.name != "apps.py" and "migrations" not in path.parts:
        assert not re.search(
            r"^ +(from|import) (home|community|search)\b", path.read_text(), re.M
        )


@pytest.mark.parametrize("word", ["utils", "core", "common", "misc", "helpers"])
def test_there_is_no_room_for_odds_and_ends(word):
    assert not [path for path in MODULES if word in (*path.parts, path.stem)]


@each_template
def test_template_trusts_no_text(path):
    template = path.read_text()
    assert not re.search(r"\|\s*safe\b|safeseq|autoescape", template)
    # Data is no script: browsers do not run it.
    template = re.sub(r'<script [^>]*type="application/(ld\+)?json">', "", template)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", template)


@each_template
def test_template_is_short(path):
    assert len(path.read_text().splitlines()) < MAX_LINES_OF_A_TEMPLATE


@each_template
def test_template_gives_a_component_only_what_it_names(path):
    own_name = str(path.relative_to(ROOT / "stockton_cms" / "templates"))
    for tag in re.findall(r"{%\s*include\s+(.*?)%}", path.read_text()):
        component = tag.split()[0].strip("\"'")
        if (own_name, component) not in INCLUDES_WITH_CONTEXT:
            assert tag.split()[-1] == "only", tag


@pytest.mark.parametrize(
    "path",
    [path for path in TEMPLATES if path.parent.name == "components"],
    ids=name_of,
)
def test_component_begins_with_what_it_takes(path):
    assert path.read_text().startswith("{# "), path


@pytest.mark.parametrize("path", REQUIREMENTS, ids=name_of)
def test_requirements_name_no_address_of_a_registry(path):
    text = path.read_text()
    assert "://" not in text
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host", text)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_by_version_and_hash(name):
    text = (ROOT / name).read_text()
    entries = re.findall(r"^([A-Za-z0-9][^\n]*(?:\n[ ]+--hash[^\n]*)*)", text, re.M)
    assert len(entries) > 20
    for entry in entries:
        assert "==" in entry, entry
        assert "--hash=sha256:" in entry, entry


def variables():
    """Return the environment variables that the settings read."""
    code = (ROOT / "stockton_cms" / "settings" / "__init__.py").read_text()
    functions = r"env(?:\.\w+)?|required|flag|days|number|networks|hosts|site_url"
    reading = rf'\b(?:{functions})\(\s*"([A-Z][A-Z0-9_]*)"'
    return sorted(set(re.findall(reading, code)))


def test_table_of_variables_is_read_from_the_settings():
    assert {"SECRET_KEY", "DATABASE_URL", "DEBUG", "EMAIL_URL"} <= set(variables())


@pytest.mark.parametrize("variable", variables())
def test_every_variable_is_in_the_table_of_the_readme(variable):
    readme = (ROOT / "README.md").read_text()
    assert re.search(rf"^\| `{variable}` \|", readme, re.M)


def test_variables_of_the_example_are_ones_that_the_settings_read():
    example = (ROOT / ".env.example").read_text()
    named = re.findall(r"^([A-Z_]+)=", example, re.M)
    assert named
    assert set(named) <= set(variables())
    assert re.search(r"^SECRET_KEY=$", example, re.M), "a secret is never made up"


def test_secrets_of_a_place_are_kept_out_of_the_repository():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {".env", "/.env"} & set(ignored)
