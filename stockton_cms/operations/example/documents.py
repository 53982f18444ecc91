"""PDF documents with real text, made when the example site is built."""

from dataclasses import dataclass
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate


@dataclass(frozen=True)
class Paper:
    """A document: its name, its title, and headings each with its paragraphs."""

    name: str
    title: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


PAPERS = (
    Paper(
        "brighter-borough-summary",
        "A Brighter Borough for All: a short summary",
        (
            (
                "Why there is a framework",
                (
                    "Some people in our borough do not have enough money to live on. "
                    "The framework says how the council and its partners want to help.",
                    "The first framework was made in 2012-13. It was about families "
                    "in poverty.",
                    "It was refreshed in January 2016. Since then it has been about "
                    "every household, with or without children.",
                ),
            ),
            (
                "What it aims for",
                (
                    "The first aim is the best start in life for every child.",
                    "The second aim is that each household gets as much income as "
                    "it can. That includes money people have a right to.",
                    "The third aim is that help is easier to find and easier to use.",
                ),
            ),
            (
                "How it was agreed",
                (
                    "The council's Cabinet looked at the refreshed framework on "
                    "11 February 2016.",
                ),
            ),
        ),
    ),
    Paper(
        "fairer-stockton-on-a-page",
        "A Fairer Stockton-on-Tees: the framework on a page",
        (
            (
                "What it is",
                (
                    "A Fairer Stockton-on-Tees is the borough's plan for tackling "
                    "inequality. It runs from 2021 to 2031.",
                    "Inequality means that some people have fewer chances than "
                    "others because of where they live or what they earn.",
                ),
            ),
            (
                "The borough in figures",
                (
                    "About 200,000 people live in the borough, in 26 wards.",
                    "Nine of the wards are among the 10% most deprived in England.",
                ),
            ),
            (
                "What followed",
                (
                    "An Anti-Poverty Strategy for 2024 to 2027 followed. People who "
                    "have lived in poverty helped to make it.",
                ),
            ),
        ),
    ),
    Paper(
        "small-grants-guide",
        "Small grants: a guide for community groups",
        (
            (
                "Who the grants are for",
                (
                    "Catalyst Stockton gives small grants to groups that work with "
                    "refugees and asylum seekers.",
                    "A grant can be up to £500.",
                ),
            ),
            (
                "Before you ask",
                (
                    "Think about what you want to do, who it will help and what it "
                    "will cost. Write it down in your own words.",
                    "If you are not sure whether your group fits, ask. It is quicker "
                    "than guessing.",
                ),
            ),
            (
                "Whom to ask",
                (
                    "Phone 01632 960000. This is an example document, and the "
                    "number is not a real one.",
                ),
            ),
        ),
    ),
)


def make_pdf(paper: Paper) -> bytes:
    """Return the paper as a PDF whose title and language readers' software can see."""
    styles = getSampleStyleSheet()
    story = [Paragraph(escape(paper.title), styles["Title"])]
    for heading, paragraphs in paper.parts:
        story.append(Paragraph(escape(heading), styles["Heading2"]))
        story += [Paragraph(escape(text), styles["BodyText"]) for text in paragraphs]
    buffer = BytesIO()
    SimpleDocTemplate(
        buffer,
        pagesize=A4,
        title=paper.title,
        author="Stockton-on-Tees Borough Council (example content)",
        lang="en-GB",
        displayDocTitle=True,
        # The same words give the same bytes, whatever the day.
        invariant=1,
    ).build(story)
    return buffer.getvalue()
