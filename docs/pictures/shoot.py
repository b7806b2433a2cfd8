"""Take the screenshots of a report that are kept here.

    python docs/pictures/shoot.py logitproof-report/report.html

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
    "report-light.png": {"viewport": {"width": 1200, "height": 1000}, "color_scheme": "light", "fragment": ""},
    "report-dark.png": {"viewport": {"width": 1200, "height": 1000}, "color_scheme": "dark", "fragment": "#map"},
    "report-phone.png": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "color_scheme": "light",
        "fragment": "",
    },
}


def main() -> int:
    """Take them; 1 where one is too large to be kept."""
    parser = argparse.ArgumentParser(description="Take the screenshots of a report that are kept in docs/pictures.")
    parser.add_argument("report", type=Path, help="report.html")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="where to (default: beside this)")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        parser.error("there is no chromium: apt-get install chromium")
    if not arguments.report.is_file():
        parser.error(f"there is no file {arguments.report}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        sizes = [_shoot(browser, arguments.report.resolve(), arguments.output / name) for name in SHOTS]
        browser.close()
    return int(max(sizes) > MOST_BYTES)


def _shoot(browser: Browser, report: Path, file: Path) -> int:
    """Take one picture, without moving carets and bars; return its size."""
    options = dict(SHOTS[file.name])
    fragment = options.pop("fragment")
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{report.as_uri()}{fragment}")
    page.wait_for_function("document.documentElement.classList.contains('scripted')")
    page.wait_for_timeout(300)  # until it has scrolled to where the fragment leads
    page.screenshot(path=file, caret="hide", animations="disabled")
    context.close()
    size = file.stat().st_size
    sys.stdout.write(f"{file.name}: {size:,} bytes{' (too large)' if size > MOST_BYTES else ''}\n")
    return size


if __name__ == "__main__":
    raise SystemExit(main())
