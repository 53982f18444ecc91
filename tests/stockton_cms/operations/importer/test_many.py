"""Five thousand pages of 300 words each; issue 6 allows three minutes on SQLite."""

from time import monotonic

import pytest
from django.db import connection
from wagtail.models import Page

from tests.page_generator import write_text

# On PostgreSQL nothing new is to be learnt from all of them.
NUMBER = 5_000 if connection.vendor == "sqlite" else 500


@pytest.mark.slow
def test_many_pages_are_imported_and_the_time_is_printed(
    run_import, write_csv, section, capsys
):
    rows = []
    for number in range(NUMBER):
        words = " ".join(write_text(number).paragraphs).replace('"', "").split()
        words = (words * (300 // len(words) + 1))[:300]
        link = f"<a href='/old/{number * 7 % NUMBER}'>another page</a>"
        parent = f"p-{number % 200}" if number >= 200 else ""
        body = f"<h2>Part</h2><p>{' '.join(words)} {link}</p>"
        rows.append(f'Page {number},p-{number},{parent},"{body}",/old/{number}')
    source = write_csv("title,slug,parent,body,old_address", *rows)
    started = monotonic()
    report, error = run_import(source)
    with capsys.disabled():
        print(f"\n{NUMBER:,} pages imported in {monotonic() - started:.0f} s")
    assert error == ""
    assert f"create: {NUMBER:,}" in report
    assert Page.objects.descendant_of(section).count() == NUMBER
