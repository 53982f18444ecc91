"""Files as people and as attackers make them, written by code."""

import io
import zlib
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

MEGABYTE = 1024 * 1024

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"
OPEN_NAMES = " ".join(
    f'xmlns:{name}="{OPEN_DOCUMENT}:{name}:1.0"' for name in ("office", "text", "table")
)


def make_archive(parts):
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def make_docx(body, doctype="", **parts):
    """Make a Word file; `parts` are further ones of its folder, by name."""
    document = (
        f'{doctype}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    )
    return make_archive(
        {
            "word/document.xml": document,
            **{
                f"word/{name}.xml": f'<w:x xmlns:w="{WORD}">{content}</w:x>'
                for name, content in parts.items()
            },
        }
    )


def word_paragraph(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def make_open_document(kind, body, doctype="", manifest="<manifest/>"):
    """Make an OpenDocument file of a kind: text or spreadsheet."""
    return make_archive(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": manifest,
            "content.xml": (
                f"{doctype}<office:document-content {OPEN_NAMES}><office:body>"
                f"<office:{kind}>{body}</office:{kind}>"
                "</office:body></office:document-content>"
            ),
        }
    )


def make_pdf(*pages, password=None):
    """Make a PDF file with one line or one picture for each page."""
    file = io.BytesIO()
    encryption = None
    if password is not None:
        encryption = StandardEncryption(password, ownerPassword="other", strength=128)
    canvas = Canvas(file, encrypt=encryption)
    for page in pages:
        if isinstance(page, Image.Image):
            canvas.drawImage(ImageReader(page), 72, 500)
        else:
            canvas.drawString(72, 700, page)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def make_raw_pdf(content, kids="3 0 R", previous=""):
    """Make a PDF file by hand, with a page whose drawing is deflated already."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {kids.count('R')}>>".encode(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream"
        % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    file, places = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(
        b"%010d 00000 n \n" % place for place in places
    )
    trailer = f"trailer<</Size 6/Root 1 0 R{previous}>>\n".replace(
        "HERE", str(len(file))
    )
    return file + table + trailer.encode() + b"startxref\n%d\n%%%%EOF" % len(file)


def deflate(unit, megabytes, end):
    """Deflate a unit repeated to a size and an end, without holding it in memory."""
    block = unit * (MEGABYTE // len(unit))
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(block) for _ in range(megabytes))
    return packed + packer.compress(end) + packer.flush()


def make_odt(body, **values):
    return make_open_document("text", body, **values)


NOTE = "Café réunion – £5 for “Zoë”"
ROW = "".join(
    f"<table:table-cell><text:p>{text}</text:p></table:table-cell>"
    for text in ("Skip hire", "£5 réunion")
)
GOOD = {
    "pdf": (make_pdf(NOTE, "Page two"), f"{NOTE}\fPage two"),
    "docx": (
        make_docx(word_paragraph(NOTE) + word_paragraph(" two \n lines")),
        f"{NOTE}\ntwo lines",
    ),
    "odt": (
        make_odt(
            f"<text:h>{NOTE}</text:h><text:p/>"
            "<text:p>a<text:s/><text:span>b</text:span><text:tab/>c</text:p>"
        ),
        f"{NOTE}\na b c",
    ),
    "ods": (
        make_open_document(
            "spreadsheet",
            "<table:table>"
            + f"<table:table-row>{ROW}</table:table-row>" * 2
            + "</table:table>",
        ),
        "\n".join(["Skip hire", "£5 réunion"] * 2),
    ),
}


def locked_archive():
    """Make a Word file in an archive with a password of its own."""
    data = bytearray(make_docx(word_paragraph("Hi")))
    for signature, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = -1
        while (at := data.find(signature, at + 1)) >= 0:
            data[at + place] |= 1
    return bytes(data)


def lzma_archive():
    file = io.BytesIO(make_docx(""))
    with ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(file, "w", ZIP_LZMA) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


RED = Image.new("RGB", (50, 50), "red")
COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
LOCKED_WORD = COMPOUND_FILE + "EncryptedPackage".encode("utf-16-le")
LOCKED_ODT = make_odt("", manifest="<manifest><encryption-data/></manifest>")
WORD_PICTURE = make_docx("<w:p/>", **{"media/image1": "A picture"})
BAD = {
    "PDF with a password": (make_pdf("Hi", password="a"), "pdf", "encrypted"),
    "Word with a password": (LOCKED_WORD, "docx", "encrypted"),
    "archive with a password": (locked_archive(), "docx", "encrypted"),
    "OpenDocument with a password": (LOCKED_ODT, "odt", "encrypted"),
    "scanned PDF": (make_pdf(RED, RED), "pdf", "scanned"),
    "Word with pictures only": (WORD_PICTURE, "docx", "scanned"),
    **{
        f"half of a {kind} file": (data[: len(data) // 2], kind, "damaged")
        for kind, (data, _) in list(GOOD.items())[:2]
    },
    "empty PDF": (b"", "pdf", "damaged"),
    "Word named PDF": (GOOD["docx"][0], "pdf", "damaged"),
    "Word named spreadsheet": (GOOD["docx"][0], "ods", "damaged"),
    "older Word": (COMPOUND_FILE, "docx", "damaged"),
    "archive with a strange packing": (lzma_archive(), "docx", "damaged"),
    "no PDF after its header": (b"%PDF-1.7\n" + b"\0" * 5000, "pdf", "damaged"),
    "larger than an upload": (bytes(10 * MEGABYTE + 1), "pdf", "too_large"),
    "another kind": (b"a,b", "csv", "unsupported"),
}
