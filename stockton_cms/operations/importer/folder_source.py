"""Reads pages from a folder of HTML files; the folders are the tree."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector, UnicodeDammit

from stockton_cms.operations.importer.records import (
    MAX_BODY_LENGTH,
    SECTION,
    Record,
    SourceError,
    normalise,
)

ENDINGS = frozenset({".html", ".htm"})
INDEX_STEMS = frozenset({"index", "default"})
# Around a page's own words, where a file does not say which those are.
FRAME = ("header", "nav", "footer", "aside")


class FolderSource:
    """A folder. `old_address` is where its pages were: the address of the folder."""

    def __init__(self, root: Path, old_address: str = ""):
        self.root = root.resolve()
        self.old_address = old_address.rstrip("/")
        self.notes: list[str] = []
        self._has_top = False

    def scan(self) -> Iterator[tuple[Record, str]]:
        """Yield each page, and what is wrong with it."""
        is_empty = True
        for folder, index, files in self._folders(self.root):
            is_empty = is_empty and not (index or files)
            self._has_top = self._has_top or bool(folder == self.root and index)
            if folder != self.root and not index:
                # Its pages need one above them.
                record = self._frame(folder)
                record.title = folder.name.replace("-", " ").replace("_", " ")
                record.title = record.title.strip().capitalize() or "Section"
                record.notes.append("There is no index.html: titled like the folder.")
                yield normalise(record), ""
            for path in [index, *files] if index else files:
                problem = ""
                record = Record(place=path.relative_to(self.root).as_posix())
                try:
                    record = normalise(self._read(path, is_index=path == index))
                except SourceError as error:
                    problem = str(error)
                except OSError as error:
                    problem = f"The file cannot be read: {error.strerror}."
                yield record, problem
        if is_empty:
            raise SourceError("There is no .html file in the folder.")

    def _folders(self, folder: Path) -> Iterator[tuple[Path, Path | None, list[Path]]]:
        """Yield folders that hold pages, above those in them: index and other files."""
        index, files, below = None, [], []
        for path in sorted(folder.iterdir()):
            if path.name.startswith("."):
                continue
            if path.is_symlink():
                name = path.relative_to(self.root).as_posix()
                self.notes.append(f"{name} is a link to elsewhere: not followed.")
            elif path.is_dir():
                below.append(path)
            elif path.suffix.lower() in ENDINGS and path.is_file():
                if path.stem.lower() in INDEX_STEMS and index is None:
                    index = path
                else:
                    files.append(path)
        inner = [found for path in below for found in self._folders(path)]
        if index or files or inner:
            yield folder, index, files
        yield from inner

    def _frame(self, path: Path, is_page: bool = False) -> Record:
        """Return the record of a folder, or of a page in one, without its words."""
        name = "" if path == self.root else path.relative_to(self.root).as_posix()
        above = "" if path == self.root else path.parent.relative_to(self.root)
        parent = "" if not name or str(above) == "." else f"/{above.as_posix()}/"
        if name and not parent and self._has_top:
            parent = "/"
        address = f"/{quote(name)}" if is_page else f"/{quote(name)}/" if name else "/"
        return Record(
            place=f"{name}/" if name and not is_page else name or "index.html",
            slug=path.stem if is_page else path.name if name else "",
            type="" if is_page else SECTION,
            parent=parent,
            base=address,
            old_address=f"{self.old_address}{address}" if self.old_address else "",
        )

    def _read(self, path: Path, is_index: bool) -> Record:
        if path.stat().st_size > MAX_BODY_LENGTH * 4:
            raise SourceError("The file is larger than 4 MB.")
        soup = BeautifulSoup(as_text(path.read_bytes()), "html.parser")
        record = self._frame(path.parent if is_index else path, is_page=not is_index)
        record.place = path.relative_to(self.root).as_posix()
        body = soup.find("main") or soup.find("article") or soup.find("body")
        if not isinstance(body, Tag):
            raise SourceError("It has no <main>, <article> or <body>, so no text.")
        heading = body.find("h1") or soup.find("h1") or soup.find("title")
        record.title = heading.get_text(" ", strip=True) if heading else ""
        if heading and heading.name == "h1":
            heading.decompose()
        if body.name == "body":
            for tag in body.find_all(FRAME):
                tag.decompose()
        record.summary = _attribute(soup, "meta", "content", "name", "description")
        record.old_address = (
            _attribute(soup, "link", "href", "rel", "canonical") or record.old_address
        )
        record.body = body.decode_contents()
        return record


def _attribute(soup: BeautifulSoup, tag: str, wanted: str, name: str, text: str) -> str:
    found = soup.find(tag, attrs={name: text})
    return str(found.get(wanted, "")).strip() if found else ""


def as_text(data: bytes) -> str:
    """Return the text of an HTML file: UTF-8, what it says itself, or Windows-1252."""
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    known = ["utf-8-sig", *([declared] if declared else []), "cp1252"]
    dammit = UnicodeDammit(data, known_definite_encodings=known)
    return dammit.unicode_markup or data.decode("utf-8", "replace")
