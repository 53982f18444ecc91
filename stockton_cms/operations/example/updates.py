"""Second publications: links between pages that exist by now, and what changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from community.models import RelatedPage
from home.pages import BasePage
from stockton_cms.operations.example.writing import call_to_action, text


@dataclass(frozen=True)
class Update:
    """What is added to a page when it is published again.

    Without a change note it is a minor edit, of which readers are told nothing.
    """

    slug: str
    change_note: str = ""
    body: Sequence[dict] = ()
    related: Sequence[str] = ()
    values: dict = field(default_factory=dict)


def updates(pages: dict[str, BasePage]) -> list[Update]:
    """Return the second publications; `pages` are the example's pages by slug."""
    return [
        Update(
            "stockton-local-strategic-partnership",
            related=("a-brighter-borough-for-all", "catalyst-stockton"),
        ),
        Update(
            "catalyst-stockton",
            "Added that small grants can be up to £500, and a guide to them.",
            related=("a-fairer-stockton-on-tees",),
        ),
        Update(
            "a-brighter-borough-for-all",
            "Added a link to places that help with food.",
            body=[
                call_to_action(
                    "Find a food bank", pages["food-banks-and-community-pantries"]
                )
            ],
            related=("a-fairer-stockton-on-tees",),
        ),
        Update(
            "a-fairer-stockton-on-tees",
            "Added the Anti-Poverty Strategy for 2024 to 2027.",
            related=(
                "anti-poverty-strategy-2024-to-2027",
                "stockton-local-strategic-partnership",
            ),
        ),
        Update(
            "family-poverty-framework-2012-13",
            values={
                # The day on which Cabinet looked at the framework that followed.
                "replaced_on": date(2016, 2, 11),
                "replaced_by": pages["a-brighter-borough-for-all"],
            },
        ),
        Update(
            "get-help-from-a-food-bank",
            body=[
                call_to_action(
                    "See other places that help", pages["eco-shops-and-pantries"]
                )
            ],
        ),
        Update(
            "armed-forces-community-covenant",
            "Added who speaks up for the armed forces community.",
            body=[text("To hear about the yearly report, ask the champions.")],
        ),
    ]


def publish_again(update: Update, pages: dict[str, BasePage]) -> None:
    """Make the changes of an update to its page, and publish it."""
    page = type(pages[update.slug]).objects.get(pk=pages[update.slug].pk)
    for block in page.body.stream_block.to_python(list(update.body)):
        page.body.append((block.block_type, block.value))
    for slug in update.related:
        page.related_pages.add(RelatedPage(related_page=pages[slug]))
    for name, value in update.values.items():
        setattr(page, name, value)
    page.change_note = update.change_note
    page.minor_edit = not update.change_note
    page.save_revision().publish()
