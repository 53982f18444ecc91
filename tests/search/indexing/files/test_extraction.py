"""The text of a good file is read; a bad one costs nothing and says what is wrong."""

import ast
import contextlib
import io
import sys
import textwrap
import tracemalloc
import zlib

import psutil
import pytest

from search.indexing import MAX_CHARACTERS, extraction
from search.indexing.extraction import (
    FileProblem,
    FileReading,
    ReaderError,
    clean_text,
)
from search.indexing.worker import LIMITS
from tests.search.indexing.files.made_files import (
    BAD,
    GOOD,
    MEGABYTE,
    OPEN_DOCUMENT,
    WORD,
    deflate,
    make_docx,
    make_odt,
    make_pdf,
    make_raw_pdf,
    word_paragraph,
)

HELLO = b"BT /F1 9 Tf 10 10 Td (Hello) Tj ET"


def read(data, extension="pdf"):
    result = extraction.read_file(io.BytesIO(data), extension)
    assert not (result.text and result.problem)
    return result


def text_of(data, extension="pdf"):
    result = read(data, extension)
    assert result.problem is FileProblem.NONE
    return result.text


def problem_of(data, extension="pdf"):
    return read(data, extension).problem


@pytest.fixture
def reader(monkeypatch):
    """Return a function that puts a program in the place of the reader.

    `before` runs before the limits are set; `code` is the body of what reads a file.
    """

    def put(code=None, before="pass"):
        program = [
            "import os, resource, socket, sys, time",
            "sys.path.append(sys.argv[1])",
            "from search.indexing import worker",
            before,
        ]
        if code:
            program += ["def stand_in(file):", textwrap.indent(code, "    ")]
            program += ["worker.READERS[sys.argv[2]] = stand_in"]
        program += ["worker.main(sys.argv[2])"]
        monkeypatch.setattr(extraction, "PROGRAM", "\n".join(program))

    return put


WITHOUT_LIMITS = "worker.LIMITS.clear()"


def test_word_file_is_read_with_tables_notes_and_changes():
    cell = word_paragraph("Cell")
    body = (
        f"<w:tbl><w:tr><w:tc>{cell}</w:tc></w:tr></w:tbl>"
        "<w:p><w:ins><w:r><w:t>New</w:t></w:r></w:ins>"
        "<w:moveFrom><w:r><w:t>Gone</w:t></w:r></w:moveFrom>"
        "<w:del><w:r><w:delText>Gone</w:delText></w:r></w:del></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t></w:r></w:p>"
        "</w:sdtContent></w:sdt>"
    )
    parts = {
        "header1": word_paragraph("Head"),
        "footnotes": word_paragraph("Note"),
        "comments": word_paragraph("Not for the public"),
    }
    text = text_of(make_docx(body, **parts), "docx")
    assert text == "Cell\nNew\na b\nNote\nHead"


def test_comments_and_removed_text_of_opendocument_are_not_read():
    body = (
        "<text:tracked-changes><text:p>Gone</text:p></text:tracked-changes>"
        "<text:p>Kept<office:annotation><text:p>Not for the public</text:p>"
        "</office:annotation></text:p>"
    )
    assert text_of(make_odt(body), "odt") == "Kept"


def test_word_broken_over_two_lines_of_a_pdf_is_read_whole():
    drawing = b"BT /F1 9 Tf 10 90 Td (The commit-) Tj 0 -10 Td (tee sat) Tj ET"
    assert text_of(make_raw_pdf(zlib.compress(drawing))) == "The committee sat"


def test_paragraph_of_a_pdf_is_one_line_and_its_lists_are_not():
    lines = ["Please bring proof of your address and of your income", "Stockton asks"]
    listed = ["for it:", "A bill", "A letter from your bank"]
    shown = " 0 -10 Td ".join(f"({line}) Tj" for line in lines + listed)
    drawing = f"BT /F1 9 Tf 10 90 Td {shown} ET".encode()
    assert text_of(make_raw_pdf(zlib.compress(drawing))).splitlines() == [
        f"{lines[0]} {lines[1]} for it:",
        *listed[1:],
    ]


def test_text_is_fit_for_any_database():
    assert clean_text("a\0b\x1f\x9fc\ud800d\ufffee\r\n\n  f\t g\u2028h") == (
        "a b c d e\nf g h"
    )
    assert clean_text("allot\xadment\ufeff \u202eroom") == "allotment room"


@pytest.mark.parametrize(("data", "extension", "problem"), BAD.values(), ids=BAD.keys())
def test_says_why_a_file_is_not_read(data, extension, problem):
    assert problem_of(data, extension) == problem


def test_odd_pdf_is_read_as_far_as_it_goes(reader):
    assert text_of(make_pdf("Hello", password="")) == "Hello"
    assert text_of(make_raw_pdf(b"")) == ""
    page = zlib.compress(HELLO)
    # A page that is not there, and tables, lists of pages and pages in circles.
    assert text_of(make_raw_pdf(page, kids="9 0 R 3 0 R")) == "\fHello"
    assert text_of(make_raw_pdf(page, previous="/Prev HERE")) == "Hello"
    assert text_of(make_raw_pdf(page, kids="2 0 R 3 0 R")).strip() == "Hello"
    assert "Hello" in text_of(make_raw_pdf(page, kids="3 0 R " * 9999))
    reader(before="worker.MAX_PAGES = 2")
    assert text_of(make_pdf("One", "Two", "Three")) == "One\fTwo"


def test_pdf_that_unpacks_to_more_than_memory_is_too_large(reader):
    data = make_raw_pdf(deflate(b" " * 1024, 280, end=HELLO))
    assert len(data) < MEGABYTE
    assert problem_of(data) == FileProblem.TOO_LARGE
    reader(before=WITHOUT_LIMITS)
    assert text_of(data) == "Hello"


def test_archive_that_unpacks_to_much_markup_is_too_large(reader):
    data = make_docx(" " * 130 * MEGABYTE + word_paragraph("Hello"))
    assert len(data) < MEGABYTE
    assert problem_of(data, "docx") == FileProblem.TOO_LARGE
    reader(before="worker.MAX_BYTES_OF_XML *= 10")
    assert text_of(data, "docx") == "Hello"


def test_archive_that_unpacks_to_endless_text_is_read_as_far_as_it_is_kept():
    data = make_docx(word_paragraph("a" * 40 * MEGABYTE) + "<broken")
    assert len(text_of(data, "docx")) == MAX_CHARACTERS
    assert problem_of(make_docx("<w:p>" * 200_000), "docx") == FileProblem.DAMAGED


LAUGHS = "<!DOCTYPE x [<!ENTITY a 'Ha'>{}]>".format(
    "".join(
        f"<!ENTITY {name} '{f'&{before};' * 10}'>"
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
)


def test_entities_are_not_expanded(reader):
    data = make_odt("<text:p>&j;</text:p>", doctype=LAUGHS)
    assert problem_of(data, "odt") == FileProblem.DAMAGED
    few = make_odt("<text:p>&b;</text:p>", doctype=LAUGHS)
    assert problem_of(few, "odt") == FileProblem.DAMAGED
    reader(
        before="from xml.etree.ElementTree import XMLParser\n"
        "worker.DefusedXMLParser = lambda target, **kwargs: XMLParser(target=target)"
    )
    assert text_of(few, "odt") == "Ha" * 10


@pytest.mark.parametrize("make", [make_odt, make_docx])
def test_other_files_are_never_in_the_text(make, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("canary")
    data = make(
        f"<text:p xmlns:text='{OPEN_DOCUMENT}:text:1.0'>&e;</text:p>"
        f"<w:p xmlns:w='{WORD}'><w:r><w:t>&e;</w:t></w:r></w:p>",
        doctype=f"<!DOCTYPE x [<!ENTITY e SYSTEM '{secret.as_uri()}'>]>",
    )
    result = read(data, "odt" if make is make_odt else "docx")
    assert (result.text, result.problem) == ("", FileProblem.DAMAGED)


# The kernel lets root start processes past any limit.
AS_ANYBODY = "os.getuid() or os.setuid(65534)"


@pytest.mark.parametrize(
    "attack",
    [
        "return str(os.open('.', os.O_RDONLY))",
        "return socket.socket().family.name",
        "return 'Two processes' if os.fork() else os._exit(0)",
        "return str(len(bytearray(1 << 30)))",
    ],
    ids=["opens a file", "connects", "starts a process", "takes memory"],
)
def test_file_that_took_over_its_reader_reaches_nothing(reader, attack):
    reader(attack, before=AS_ANYBODY)
    assert problem_of(b"") in (FileProblem.DAMAGED, FileProblem.TOO_LARGE)
    reader(attack, before=f"{AS_ANYBODY}; {WITHOUT_LIMITS}")
    assert text_of(b"")


def test_reader_is_given_no_secret_and_has_no_django(reader, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    reader("return f'{dict(os.environ)} {os.getcwd()} ' + str('django' in sys.modules)")
    text = text_of(b"")
    assert text.startswith("{")
    assert "canary" not in text
    assert text.endswith("} / False")


def test_reader_is_held_to_every_limit(reader):
    reader("return repr([(k, resource.getrlimit(k)) for k in worker.LIMITS])")
    limits = ast.literal_eval(text_of(b""))
    assert len(limits) == 6
    assert limits == [(kind, (most, most)) for kind, most in LIMITS.items()]


def test_endless_work_and_waiting_are_too_large(reader, monkeypatch):
    reader("while True: pass", before="worker.LIMITS[resource.RLIMIT_CPU] = 1")
    assert problem_of(b"") == FileProblem.TOO_LARGE
    # Even if no one waits for it any more.
    reader("time.sleep(3); return 'Slow'", before="worker.MAX_SECONDS = 1")
    assert problem_of(b"") == FileProblem.TOO_LARGE
    monkeypatch.setattr(extraction, "MAX_SECONDS", 1)
    reader("time.sleep(60)")
    assert problem_of(b"") == FileProblem.TOO_LARGE


def test_endless_output_is_too_large_and_is_not_stored(reader):
    reader("while True: sys.stdout.buffer.write(b'x' * 65536)")
    tracemalloc.start()
    try:
        assert problem_of(b"") == FileProblem.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 8 * MEGABYTE
    finally:
        tracemalloc.stop()


ENDS = {
    "os.kill(os.getpid(), 11)": "damaged",
    "os.kill(os.getpid(), 6)": "too_large",
    "sys.stdout.write('\\nHi'); sys.stdout.flush(); os._exit(3)": "damaged",
    "os._exit(0)": "damaged",
    "sys.stdout.write('what\\n'); sys.stdout.flush(); os._exit(0)": "damaged",
    "return '\\0\\ud800' * 9": "",
}


def test_reader_that_fails_says_so_of_the_file(reader):
    for end, problem in ENDS.items():
        reader(end)
        assert read(b"") == FileReading("", FileProblem(problem)), end


def test_what_the_reader_started_ends_with_it(reader):
    code = """
child = os.fork()
if not child:
    os.close(1)
    time.sleep(60)
return str(child)
"""
    reader(code, before=WITHOUT_LIMITS)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(text_of(b""))).wait(5)


def test_reader_that_is_busy_or_does_not_start_is_not_the_files_fault(monkeypatch):
    monkeypatch.setattr(extraction, "MAX_SECONDS_IN_LINE", 0.05)
    with extraction._one_at_a_time, pytest.raises(ReaderError, match="busy"):
        read(GOOD["pdf"][0])
    assert text_of(GOOD["pdf"][0])
    monkeypatch.setattr(extraction, "PROGRAM", "import no_such_library")
    with pytest.raises(ReaderError, match="start"):
        read(GOOD["pdf"][0])
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(ReaderError, match="start"):
        read(GOOD["pdf"][0])
