"""Helpers to send forms as staff and read the pages after them."""

import json

from bs4 import BeautifulSoup


def entity(data, kind="LINK"):
    return {"0": {"type": kind, "mutability": "MUTABLE", "data": data}}


def typed(text, link=None, kind="unstyled", entities=None):
    link = [{"offset": 0, "length": len(text), "key": 0}] if link else []
    block = {"key": "aaaaa", "text": text, "type": kind, "depth": 0, "data": {}}
    block |= {"inlineStyleRanges": [], "entityRanges": link}
    return json.dumps({"blocks": [block], "entityMap": entities or {}})


def linked(**data):
    return typed("Here", link=True, entities=entity(data))


def text_of(response):
    html = BeautifulSoup(response.content, "html.parser")
    return html.get_text(" ", strip=True)


def history(enquiry):
    return [(each.by.username, str(each)) for each in enquiry.actions.all()]
