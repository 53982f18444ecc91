"""PDF documents with real text, made when the example site is built."""

from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate

from stockton_cms.operations.demo.content_files import each, need
from stockton_cms.operations.demo.rich_text import one_line, paragraphs


def make_pdf(entry: dict) -> bytes:
    """Return a PDF whose title and language readers' software can see.

    `entry` is one of `content/documents.toml`.
    """
    styles = getSampleStyleSheet()
    story = [Paragraph(escape(need(entry, "title")), styles["Title"])]

    def add(part: dict) -> None:
        story.append(Paragraph(escape(need(part, "heading")), styles["Heading2"]))
        for text in paragraphs(need(part, "text")):
            story.append(Paragraph(escape(one_line(text)), styles["BodyText"]))

    each(entry, "part", add)
    buffer = BytesIO()
    SimpleDocTemplate(
        buffer,
        pagesize=A4,
        title=entry["title"],
        author="Stockton-on-Tees Borough Council (example content)",
        lang="en-GB",
        displayDocTitle=True,
        # The same words give the same bytes, whatever the day.
        invariant=1,
    ).build(story)
    return buffer.getvalue()
