"""Take the screenshots of a page that are kept here: of a report, or of a comparison.

    python docs/pictures/shoot.py logitproof-report/report.html
    python docs/pictures/shoot.py comparison.html --name comparison

It needs Playwright for Python and Debian's Chromium (`apt-get install chromium`).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

MOST_BYTES = 300_000
"""A picture in a repository stays there for ever: it has to be small."""

SHOTS: dict[str, dict[str, object]] = {
    "light": {"viewport": {"width": 1200, "height": 1000}, "color_scheme": "light", "fragment": ""},
    "dark": {"viewport": {"width": 1200, "height": 1000}, "color_scheme": "dark", "fragment": "#map"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "color_scheme": "light",
        "fragment": "",
    },
}


def main() -> int:
    """Take them; 1 where one is too large to be kept."""
    parser = argparse.ArgumentParser(description="Take the screenshots of a page that are kept in docs/pictures.")
    parser.add_argument("page", type=Path, help="report.html, or the page of a comparison")
    parser.add_argument("--name", default="report", help="what the pictures' names begin with (default: report)")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="where to (default: beside this)")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        parser.error("there is no chromium: apt-get install chromium")
    if not arguments.page.is_file():
        parser.error(f"there is no file {arguments.page}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        files = {shot: arguments.output / f"{arguments.name}-{shot}.png" for shot in SHOTS}
        sizes = [_shoot(browser, arguments.page.resolve(), shot, file) for shot, file in files.items()]
        browser.close()
    return int(max(sizes) > MOST_BYTES)


def _shoot(browser: Browser, opened: Path, shot: str, file: Path) -> int:
    """Take one picture, without moving carets and bars; return its size."""
    options = dict(SHOTS[shot])
    fragment = options.pop("fragment")
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{opened.as_uri()}{fragment}")
    page.wait_for_function("document.documentElement.classList.contains('scripted')")
    page.wait_for_timeout(300)  # until it has scrolled to where the fragment leads
    page.screenshot(path=file, caret="hide", animations="disabled")
    context.close()
    size = file.stat().st_size
    sys.stdout.write(f"{file.name}: {size:,} bytes{' (too large)' if size > MOST_BYTES else ''}\n")
    return size


if __name__ == "__main__":
    raise SystemExit(main())
