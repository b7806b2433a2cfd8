"""A page as text, taken apart: its elements, their attributes, its words, and the data in it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "wbr", "img", "link", "hr"}


class Page(HTMLParser):
    """A page taken apart: elements with their attributes and text, and whether they nest."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.open = []
        self.words = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"script", "style"}:
            self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())

    @property
    def cells(self):
        """The words with a blank wherever an element begins or ends."""
        return " ".join(" ".join(self.words).split())

    def having(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def data_of(text):
    """Return the data that a page has for its script."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])
