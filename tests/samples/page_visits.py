"""Pages opened from disk in a browser, without network, and everything that went wrong in them."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import sync_playwright

PHONE = {"width": 390, "height": 844}

CONTRAST = """(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const ground = (element) => {
    const colour = element ? rgb(getComputedStyle(element).backgroundColor) : [255, 255, 255, 255];
    return colour[3] === 255 ? colour : ground(element.parentElement);
  };
  const contrast = (element) => {
    const own = light(rgb(getComputedStyle(element).color));
    const below = light(ground(element));
    return (Math.max(own, below) + 0.05) / (Math.min(own, below) + 0.05);
  };
  return [...document.querySelectorAll('main *')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((element) => element.checkVisibility() && !element.closest('svg, .anchor, :disabled'))
    .map((element) => [contrast(element), element.className, element.textContent.slice(0, 40)])
    .filter(([ratio]) => ratio < 4.5);
})()"""
"""The elements whose text stands out from what is behind it by less than WCAG 2 asks for (AA)."""


def browser():
    """Start Debian's Chromium, and end it when the tests are over: what a fixture yields from."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("these tests open the page in a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        # Without a sandbox: containers do not allow one, and what is opened is our own page.
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


class Visit:
    """A page that is open, and everything that went wrong in it."""

    def __init__(self, context, file):
        self.file, self.troubles = file, []
        context.route("**/*", self._route)
        self.page = context.new_page()
        self.page.on("console", lambda message: self.troubles.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))

    def _route(self, route):
        if route.request.url.split("#")[0] == self.file.as_uri():
            route.continue_()
        else:
            self.troubles.append(f"request: {route.request.url}")
            route.abort()

    def open(self, fragment=""):
        self.page.goto("about:blank")
        self.page.goto(self.file.as_uri() + fragment)
        return self.page


def visiting(chromium, files):
    """Open pages by their names; when the test is over nothing must have gone wrong in them."""
    visits = []

    def opened(name="sample", fragment="", **options):
        context = chromium.new_context(**options)
        visit = Visit(context, files / f"{name}.html")
        visits.append((context, visit))
        return visit.open(fragment)

    yield opened
    troubles = [trouble for _, visit in visits for trouble in visit.troubles]
    for context, _ in visits:
        context.close()
    assert troubles == []


def fits(page):
    """Return whether the page needs no scrolling to the side."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
