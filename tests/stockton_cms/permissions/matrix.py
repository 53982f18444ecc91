"""The matrix: asks for every address as someone, and compares with the table."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.stockton_cms.permissions.addresses import (
    NOT_ASKED,
    PUBLIC,
    SIGN_IN,
    Address,
    addresses,
    patterns,
)
from tests.stockton_cms.permissions.asking import (
    BROKEN,
    LET_IN,
    NOT_THERE,
    WRONG_METHOD,
    Answer,
    Asking,
)
from tests.stockton_cms.permissions.expectations import ANYBODY, Rule, rule_for
from tests.stockton_cms.permissions.world import make_world

SKIPPED = PUBLIC | SIGN_IN | NOT_ASKED.keys()
METHODS = ("GET", "POST")
SESSION = {"django_session"}
# What opening a page may note: who is editing, sizes of pictures, what was missing.
WRITTEN_BY_GET = SESSION | {
    "wagtailadmin_editingsession",
    "wagtailcore_pagesubscription",
    "wagtailusers_userprofile",
    "wagtailimages_rendition",
    "wagtailimages_image",
    "wagtaildocs_document",
    "wagtailsearch_indexentry",
}


@dataclass(frozen=True)
class Cell:
    address: Address
    method: str
    rule: Rule


def unclassified() -> list[str]:
    # Classified action by action, in `cells`.
    found = (each.name for each in patterns() if each.name != "wagtail_bulk_action")
    return [name for name in found if name not in SKIPPED and not rule_for(name)]


def cells(world: dict) -> Iterator[Cell]:
    """Yield every cell of someone's row, each address once."""
    for pattern in patterns():
        if pattern.name in SKIPPED:
            continue
        seen = set()
        for things_about, things in world.items():
            for address in addresses(pattern, things, things_about):
                rule = rule_for(address.name)
                assert rule, f"No one has said who may use '{address.name}'."
                if things_about in rule.about() and address.path not in seen:
                    seen.add(address.path)
                    # Scripts and pictures are only asked for.
                    methods = METHODS[:1] if rule.people == ANYBODY else METHODS
                    for method in methods:
                        yield Cell(address, method, rule)


def unexpected(kind: str, cell: Cell, answer: Answer) -> str:
    """Say in words what is wrong with an answer; nothing where it is as expected."""
    rule, about = cell.rule, cell.address.about
    what = f"{kind}: {cell.method} {cell.address.name} ({about} object)"
    status = f"{answer.outcome}, status {answer.status}"
    allowed_writes = WRITTEN_BY_GET if cell.method == "GET" else SESSION
    may = rule.lets_in(kind, about)
    outcome = answer.outcome
    if rule.acts:
        outcome = LET_IN if answer.writes - SESSION else "refused"
        if may and cell.method == "GET":
            return ""
    if cell.method == "GET" and answer.writes - allowed_writes:
        return f"{what} changed {sorted(answer.writes)}, though it only reads."
    if not may:
        if answer.writes - SESSION:
            return f"{what} should be refused but changed {sorted(answer.writes)}."
        if outcome in {LET_IN, BROKEN}:
            return f"{what} should be refused, but: {status}."
        return ""
    if outcome in {LET_IN, WRONG_METHOD} or (
        outcome == NOT_THERE and rule.may_be_missing
    ):
        return ""
    if outcome == BROKEN and cell.method == "POST":
        # Past every permission: what the form lacks is not the matrix's business.
        return ""
    return f"{what} should be let in, but: {status}."


def run(kind: str, user, home, section, every: int = 1, first: int = 0):
    """Return how many cells were asked, and what was unexpected.

    With `every`, only each so-manieth cell.
    """
    world = make_world(home, section, user)
    asking = Asking(user)
    chosen = list(cells(world))[first::every]
    problems = []
    for cell in chosen:
        form = world[cell.address.about]["form"]
        answer = asking.ask(cell.method, cell.address.path, form)
        problems.append(unexpected(kind, cell, answer))
    return len(chosen), [problem for problem in problems if problem]
