"""Files as editors upload them, and the ways in which a page offers one."""

from django.core.files.base import ContentFile
from wagtail.documents import get_document_model

from community.models import PolicyDocument
from search.indexing.extraction import FileProblem, FileReading
from tests.factories import PolicyUpdatePageFactory, StandardPageFactory

Document = get_document_model()


def save_file(title="Wildlife", data=b"Hedgehogs", name="plan.pdf", **values):
    """Store a file with its size and hash, as the form of the admin does."""
    document = Document(title=title, file=ContentFile(data, name=name), **values)
    document._set_document_file_metadata()
    document.save()
    return document


def replace_file(document, data, name="new.pdf"):
    """Put another file in the place of one, as the form of the admin does."""
    document = Document.objects.get(pk=document.pk)
    document.file = ContentFile(data, name=name)
    document._set_document_file_metadata()
    document.save()


class PlainReader:
    """Stands in for the reader: a file's bytes are its text. Counts what it reads."""

    def __init__(self):
        self.read = []
        self.fails_with = None
        self.problem = FileProblem.NONE

    def __call__(self, file, extension):
        if self.fails_with:
            raise self.fails_with
        data = file.read()
        self.read.append(data)
        return FileReading("" if self.problem else data.decode(), self.problem)


def block(document):
    return [{"type": "documents", "value": {"documents": [document.pk]}}]


def link(document):
    text = f'<p>Read <a linktype="document" id="{document.pk}">this</a>.</p>'
    return [{"type": "text", "value": text}]


def offer(document, parent, **values):
    """Make a page whose body offers the file in a block."""
    values = {"title": "Gardens", "summary": "", "body": block(document), **values}
    return StandardPageFactory(parent=parent, **values)


def offer_by_link(document, parent, **values):
    return offer(document, parent, body=link(document), **values)


def offer_by_policy(document, parent, **values):
    """Make a policy page that has the file in its list of documents."""
    page = PolicyUpdatePageFactory.build(title="Gardens", summary="", **values)
    page.documents = [PolicyDocument(document=document)]
    return parent.add_child(instance=page)


WAYS_TO_OFFER = [offer, offer_by_link, offer_by_policy]
