"""`python -m reports.pages.picture`: the picture of the README, of a report that is made for it.

A browser is needed: Playwright (extra `test`) and a Chromium that is installed.
"""

import shutil
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.__main__ import main as harness
from harness.errors import EnvironmentFault

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "report.png"
SCENARIO = "endpoint-autoscaling-5"
WIDTH, HEIGHT = 1120, 1460


def main() -> int:
    """Rehearse the scenario in virtual time, and write the picture of its report's first screen."""
    with TemporaryDirectory() as folder:
        harness(["run", SCENARIO, "--clock", "virtual", "--runs", folder])
        PICTURE.parent.mkdir(exist_ok=True)
        photograph(Path(folder) / SCENARIO / "latest" / "report.html", PICTURE)
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")
    return 0


def photograph(report: Path, picture: Path) -> None:
    """Write the first screen of *report*, light, into *picture*. Raises EnvironmentFault if it cannot."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise EnvironmentFault("The picture needs a browser; install the package chromium")
    playwright: Any = import_module("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.wait_for_timeout(500)
        page.screenshot(path=str(picture))
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
