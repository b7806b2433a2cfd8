"""What a text is built of, whatever words are in it: HTML, Markdown, commands and characters that steer."""

from __future__ import annotations

import re
from collections import Counter

import html5lib
from markdown_it import MarkdownIt

STEERING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff\ufffe\uffff]"
)
"""Characters that steer a terminal, turn the reading direction or are not seen."""

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]+)::([^\r\n]*)")


def shown_by_page(text):
    """Return the text and the attributes of a page."""
    page = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    shown = [each for each in page.iter() if isinstance(each.tag, str) and each.tag not in {"script", "style"}]
    return "\n".join(text for each in shown for text in (each.text, each.tail, *each.attrib.values()) if text)


def structure_of_html(text):
    """Return elements with the names of their attributes, and what the page would run, load or go to."""
    page = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    elements = [element for element in page.iter() if isinstance(element.tag, str)]
    assert [name for each in elements for name in each.attrib if name.lower().startswith("on")] == []
    links = [each.get(name) for each in elements for name in ("href", "src", "action") if each.get(name)]
    assert [link for link in links if not link.startswith(("#", "https://"))] == []
    scripts = Counter((each.get("type"), each.text) for each in elements if each.tag == "script")
    code_run = [text for (kind, text) in scripts if kind not in {"application/json", "text/plain"}]
    return Counter((each.tag, tuple(sorted(each.attrib))) for each in elements), code_run


def structure_of_markdown(text):
    """Return the sequence of constructs; code counts as text, since an address is shown as code."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    built = []
    for token in tokens:
        if token.type == "inline":
            built += [child.type for child in token.children if not _is_text(child)]
            assert _links(_outside_code(token.children)) is None
        else:
            built.append((token.type, token.content) if token.type == "html_block" else token.type)
    return built


def _is_text(token):
    return token.type in {"text", "code_inline", "softbreak", "text_special"} or (
        token.type == "html_inline" and token.content in {"<code>", "</code>"}
    )


def _outside_code(children):
    shown, depth = [], 0
    for child in children:
        depth += {"<code>": 1, "</code>": -1}.get(child.content, 0) if child.type == "html_inline" else 0
        if child.type in {"text", "text_special"}:
            shown.append(" " if depth else child.content)
    return "".join(shown)


def _links(text):
    """Whether GitHub would make a link, a mention or a reference of it."""
    return re.search(r"https?://|\bwww\.|@\w|#\d|\bGH-\d", text)
