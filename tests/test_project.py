"""What holds for the project as a whole."""

import re
import subprocess
import sys
from pathlib import Path

from django.core.management import call_command

from tests.run import ON_POSTGRESQL

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("stockton_cms", "home", "community", "search")
MAX_LINES = 400
MAX_LINES_OF_A_TEMPLATE = 59

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


def those_of(paths, is_wrong):
    """Return the names of the files whose path and text are wrong."""
    # These tests see the project.
    assert len(paths) > 3
    return [name_of(path) for path in paths if is_wrong(path, path.read_text())]


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


def test_module_or_template_can_be_read_in_one_sitting():
    def is_long(path, code):
        most = MAX_LINES_OF_A_TEMPLATE if path.suffix == ".html" else MAX_LINES
        return "migrations" not in path.parts and len(code.splitlines()) > most

    assert not those_of(MODULES + TEMPLATES, is_long)


def test_module_trusts_no_text_and_checks_every_form():
    forbidden = r"mark_safe|csrf_exempt|SafeText\(|RawHTMLBlock|\|safe"
    forbidden += r"|SafeString\(|__html__|autoescape"

    def trusts(path, code):
        return re.search(forbidden, code.replace(TRUSTED.get(name_of(path), "\0"), ""))

    assert not those_of(MODULES, trusts)


def test_module_imports_at_its_top():
    """An import inside a function hides a cycle; an app's `ready` has to wait."""

    def imports_below(path, code):
        if path.name == "apps.py" or "migrations" in path.parts:
            return False
        return re.search(r"^ +(from|import) (home|community|search)\b", code, re.M)

    assert not those_of(MODULES, imports_below)


def test_there_is_no_room_for_odds_and_ends():
    odd = {"utils", "core", "common", "misc", "helpers"}
    assert not [path for path in MODULES if odd.intersection((*path.parts, path.stem))]


def test_template_trusts_no_text():
    def trusts(path, template):
        # Data is no script: browsers do not run it.
        code = re.sub(r'<script [^>]*type="application/(ld\+)?json">', "", template)
        wrong = r"\|\s*safe\b|safeseq|autoescape"
        return re.search(
            rf"{wrong}|<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", code
        )

    assert not those_of(TEMPLATES, trusts)


def test_template_gives_a_component_only_what_it_names():
    def gives_all(path, template):
        own_name = str(path.relative_to(ROOT / "stockton_cms" / "templates"))
        return any(
            tag.split()[-1] != "only"
            and (own_name, tag.split()[0].strip("\"'")) not in INCLUDES_WITH_CONTEXT
            for tag in re.findall(r"{%\s*include\s+(.*?)%}", template)
        )

    assert not those_of(TEMPLATES, gives_all)


def test_component_begins_with_what_it_takes():
    components = [path for path in TEMPLATES if path.parent.name == "components"]
    assert not those_of(components, lambda _, template: not template.startswith("{# "))


# What behaves in its own way on each database.
SQL = (
    r"\.cursor\(|RawSQL|\.raw\(|\.extra\(|select_for_update|connection\.vendor"
    r"|contrib\.postgres|Constraint\(|advisory"
)
OF_ONE_DATABASE = r"transaction=True|\.vendor [!=]=|import psycopg"


LISTED = [ROOT / path for path in ON_POSTGRESQL]


def runs_on_postgresql(path):
    return any(path == each or each in path.parents for each in LISTED)


def test_what_has_sql_of_its_own_is_tested_on_postgresql():
    with_sql = {path.parent for path in MODULES if re.search(SQL, path.read_text())}
    missing = [path for path in LISTED if not path.exists()]
    for room in with_sql:
        tests = ROOT / "tests" / room.relative_to(ROOT)
        while not tests.exists():
            tests = tests.parent
        is_tested = runs_on_postgresql(tests) or any(
            tests in listed.parents for listed in LISTED
        )
        missing += [] if is_tested else [room]
    assert not missing


def test_what_tests_transactions_runs_on_postgresql():
    def is_left_out(path, code):
        if not re.search(OF_ONE_DATABASE, code) or runs_on_postgresql(path):
            return False
        # Those run on both databases.
        return not re.search(r"mark\.(slow|deployment)", code)

    files = [
        path for room in ROOMS for path in (ROOT / "tests" / room).rglob("test_*.py")
    ]
    assert not those_of(files, is_left_out)


def test_requirements_name_no_registry_and_are_pinned_by_version_and_hash():
    for path in REQUIREMENTS:
        text = path.read_text()
        assert "://" not in text
        assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host", text)
        if path.suffix == ".in":
            continue
        entries = re.findall(r"^([A-Za-z0-9][^\n]*(?:\n[ ]+--hash[^\n]*)*)", text, re.M)
        assert len(entries) > 20
        for entry in entries:
            assert "==" in entry, entry
            assert "--hash=sha256:" in entry, entry


def variables():
    """Return the environment variables that the settings read."""
    files = (ROOT / "stockton_cms" / "settings").glob("*.py")
    code = "\n".join(path.read_text() for path in files)
    functions = r"env|text|required|flag|number|networks|hosts"
    reading = rf'\b(?:{functions})\(\s*"([A-Z][A-Z0-9_]*)"'
    return sorted(set(re.findall(reading, code)))


def test_every_variable_is_in_the_readme_and_the_example_names_no_other():
    known = set(variables())
    assert {"SECRET_KEY", "DATABASE_URL", "DEBUG", "EMAIL_URL"} <= known
    readme = (ROOT / "README.md").read_text()
    assert known <= set(re.findall(r"^\| `([A-Z_0-9]+)` \|", readme, re.M))
    example = (ROOT / ".env.example").read_text()
    named = re.findall(r"^([A-Z_]+)=", example, re.M)
    assert named
    assert set(named) <= known
    assert re.search(r"^SECRET_KEY=$", example, re.M), "a secret is never made up"
    # Secrets of a place are kept out of the repository.
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {".env", "/.env"} & set(ignored)
