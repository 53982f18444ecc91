"""Small sources, and a command that imports them."""

from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as Drawing
from wagtail.models import Page


@pytest.fixture
def run_import(section):
    """Return a function that imports a source; it returns the report and the error."""

    def run(source, under="/stronger-communities/", **options):
        output = StringIO()
        try:
            call_command(
                "import_pages", str(source), under=under, stdout=output, **options
            )
        except CommandError as error:
            return output.getvalue(), str(error)
        return output.getvalue(), ""

    return run


@pytest.fixture
def write_csv(tmp_path):
    """Return a function that writes rows, the headings first, as a CSV file."""

    def write(*rows, encoding="utf-8", name="pages.csv"):
        path = tmp_path / "source" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes("\r\n".join(rows).encode(encoding))
        return path

    return write


@pytest.fixture
def write_folder(tmp_path):
    """Return a function that writes a folder of files by name."""

    def write(**files):
        root = tmp_path / "folder"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else content.encode()
            path.write_bytes(data)
        root.mkdir(exist_ok=True)
        return root

    return write


@pytest.fixture
def png():
    """Return a small picture as a PNG file."""
    buffer = BytesIO()
    Drawing.new("RGB", (40, 20), "green").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def imported():
    """Return a function that gives an imported page by its slug."""
    return lambda slug: Page.objects.get(slug=slug).specific
