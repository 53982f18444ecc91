"""What no source file may say: text that is not escaped, forms without a token, SQL.

Ruff's `S` rules, which are bandit's, run in `make lint`; these are the project's own.
"""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.security.patterns import modules

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("stockton_cms", "home", "community", "search")

# Where a rule may be broken, how often, and why; nothing that people write goes in.
ALLOWED = {
    # The editors' guide is our own Markdown, in which raw HTML is turned off.
    ("stockton_cms/editor_guide.py", "mark_safe"): 1,
    # Takes an advisory lock of PostgreSQL, which the ORM does not know.
    ("home/jobs.py", "sql"): 3,
    # Carries out Wagtail's action that publishes a draft, and no SQL.
    ("community/alerts/admin.py", "sql"): 1,
    # Raises the version and returns it in one statement.
    ("home/content_version.py", "sql"): 1,
    # Inserts what a query of the ORM selects, which the ORM does not know.
    ("community/subscriptions/services.py", "sql"): 1,
    # Gives erasing more time, and empties what SQLite's search index remembers.
    ("stockton_cms/operations/erasure/service.py", "sql"): 2,
    # Gives migrations other time limits than visitors.
    ("stockton_cms/management/commands/migrate.py", "sql"): 6,
    # Ends emails for mail servers, which know no token (ADR 28).
    ("community/subscriptions/views.py", "csrf_exempt"): 2,
    # Passes on to psycopg what it was asked.
    ("stockton_cms/postgresql/base.py", "sql"): 2,
    # Reads all tables as from one point in time.
    ("stockton_cms/operations/backup/create.py", "sql"): 4,
    # Fills tables by their own names, in a schema of its own, whose name it makes.
    ("stockton_cms/operations/backup/restore.py", "sql"): 12,
}
# Mails of plain text, which nothing reads as HTML.
PLAIN_TEXT = {".txt"}
NAMES = {
    "mark_safe": "mark_safe",
    "csrf_exempt": "csrf_exempt",
    "xframe_options_exempt": "xframe_exempt",
    "RawSQL": "sql",
    "eval": "eval",
    "exec": "eval",
}
SQL_METHODS = {"raw", "extra", "execute", "executemany"}
TEMPLATE_RULES = {
    "safe": re.compile(r"\|\s*(safe|safeseq)\b"),
    "autoescape": re.compile(r"{%\s*autoescape\s+off"),
    "inline script": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/(ld\+)?json)[^>]*>|\son[a-z]+\s*=\s*[\"']"
        r"|<style|\sstyle\s*=",
        re.IGNORECASE,
    ),
}


def broken_rules(source: str) -> list[str]:
    """Return the names of the rules that some Python breaks, once for each time."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call | ast.Attribute | ast.Name):
            continue
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in SQL_METHODS and isinstance(node.func, ast.Attribute):
                found.append("sql")
            if name == "format_html" and len(node.args) + len(node.keywords) < 2:
                found.append("format_html")
            if name == "SafeString" or name == "SafeText":
                found.append("mark_safe")
        else:
            name = getattr(node, "attr", getattr(node, "id", ""))
            found += [NAMES[name]] if name in NAMES else []
    return found


def test_no_source_goes_round_escaping_tokens_or_the_orm():
    found = Counter(
        (str(path.relative_to(ROOT)), rule)
        for path in modules()
        for rule in broken_rules(path.read_text())
    )
    # A place that is gone comes off the list.
    assert found == ALLOWED


def test_no_template_shows_text_unescaped_or_runs_anything_inline():
    broken = [
        (str(path.relative_to(ROOT)), rule)
        for path in sorted((ROOT / "stockton_cms/templates").rglob("*.*"))
        for rule, pattern in TEMPLATE_RULES.items()
        if pattern.search(path.read_text())
        and not (rule == "autoescape" and path.suffix in PLAIN_TEXT)
    ]
    assert broken == []


def test_each_rule_sees_what_it_is_for():
    for source, rule in (
        ("from x import mark_safe\nmark_safe(text)", "mark_safe"),
        ("safestring.mark_safe(text)", "mark_safe"),
        ("SafeString(text)", "mark_safe"),
        ("@csrf_exempt\ndef view(request): ...", "csrf_exempt"),
        ("@method_decorator(csrf_exempt)\nclass View: ...", "csrf_exempt"),
        ("format_html(text)", "format_html"),
        ("Page.objects.raw('SELECT 1')", "sql"),
        ("Page.objects.extra(where=['1'])", "sql"),
        ("cursor.execute(text)", "sql"),
        ("Page.objects.annotate(a=RawSQL('1', []))", "sql"),
        ("eval(text)", "eval"),
    ):
        assert rule in broken_rules(source), source
    for text, rule in (
        ("{{ text|safe }}", "safe"),
        ("{% autoescape off %}", "autoescape"),
        ("<script>x</script>", "inline script"),
        ('<p onclick="x">', "inline script"),
        ('<p style="x">', "inline script"),
    ):
        assert TEMPLATE_RULES[rule].search(text), text


# Secrets: nothing in the repository looks like one, but for what is listed here.

SECRETS = {
    "README.md": "the shape of the address of a database",
    "deploy/.env.example": "the same shape",
    "docs/changing.md": "the same shape",
    "stockton_cms/settings/environment.py": "the same shape, in what operators read",
    "search/feedback/models.py": "the letters that references are made of",
    "stockton_cms/accounts/adapters.py": "an error about a password",
    "stockton_cms/accounts/forms.py": "labels and errors of passwords",
    "stockton_cms/settings/__init__.py": "names of settings, and of a template",
}


def secrets_in(files: list[str], folder: Path) -> dict[str, list[dict]]:
    """Return what detect-secrets finds, by file."""
    scan = [sys.executable, "-m", "detect_secrets", "scan", "--no-verify"]
    # Fingerprints of packages are long random texts by nature.
    leave_out = ["--exclude-lines=--hash=sha256|https?://"]
    result = subprocess.run(
        [*scan, *leave_out, *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)["results"]


@pytest.mark.security
def test_no_secret_is_in_the_repository():
    # What tests sign in with is made up and opens nothing.
    places = [ROOT / name for name in (*ROOMS, "deploy", "docs", ".ci")]
    found = [path for place in places for path in place.rglob("*")]
    found += [path for path in ROOT.iterdir() if path.name != ".env"]
    files = [
        str(path.relative_to(ROOT))
        for path in found
        if path.is_file() and path.suffix not in {".pyc", ".jpg", ".png", ".woff2"}
    ]
    assert len(files) > 300
    assert set(secrets_in(files, ROOT)) == set(SECRETS)


def test_a_secret_would_be_seen(tmp_path):
    key = "AKIA" + "IOSFODNN7EXAMPL3"
    (tmp_path / "settings.py").write_text(
        f'AWS_KEY = "{key}"\npassword = "hunter2x9!"\n'
    )
    found = secrets_in(["settings.py"], tmp_path)["settings.py"]
    assert {each["type"] for each in found} >= {"AWS Access Key", "Secret Keyword"}
