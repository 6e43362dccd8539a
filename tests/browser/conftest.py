"""A real browser, off the network: Debian's Chromium, driven by Playwright.

A page that asks for anything but its own file or this machine, or has an error in a script, fails its test.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

HERE = Path(__file__).parent
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
AT_HOME = ("127.0.0.1", "localhost", "[::1]")
PROMPT_MS = 5_000  # what a page does of itself is done by then, or is not done


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all of a worker's browser tests together: a browser takes longer to start than most tests."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


def _missing(what: str) -> None:
    """Fail where a browser was promised (HARNESS_BROWSER_NEEDED=1), else skip the test loudly."""
    if os.environ.get("HARNESS_BROWSER_NEEDED") == "1":
        pytest.fail(f"{what}, and HARNESS_BROWSER_NEEDED is 1")
    pytest.skip(f"{what}: `apt-get install chromium` and `pip install playwright axe-playwright-python`")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return a headless Chromium that lives as long as the tests."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        _missing("no Chromium on the PATH")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _missing("Playwright is not installed")
    # Chromium's sandbox does not start for root, as whom containers mostly run.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that opens an empty page; its arguments are those of Playwright's `new_context`.

    As `new_page(viewport={"width": 360, "height": 800}, color_scheme="dark", java_script_enabled=False)`.
    """
    contexts, wrong = [], []

    def opened(**look: Any) -> Any:
        context = browser.new_context(**look)
        context.set_default_timeout(PROMPT_MS)
        contexts.append(context)

        def judged(route: Any) -> None:
            address = urlsplit(route.request.url)
            if address.scheme in ("file", "data", "blob") or address.hostname in AT_HOME:
                route.continue_()
            else:
                wrong.append(f"asked the network for {route.request.url}")
                route.abort()

        context.route("**/*", judged)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error in a script: {error}"))
        page.on("console", lambda said: said.type == "error" and wrong.append(f"console: {said.text}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """Return an empty page, 1,280 x 800 pixels, light."""
    return new_page(viewport={"width": 1_280, "height": 800}, color_scheme="light")


@pytest.fixture(scope="session")
def axe() -> Callable[[Any], list[str]]:
    """Return a function that gives axe-core's violations on a page, a line each; [] is good."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ModuleNotFoundError:
        _missing("axe-playwright-python is not installed")
    judge = Axe()

    def violations(page: Any) -> list[str]:
        found = judge.run(page).response["violations"]
        return [
            f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:5]}" for one in found
        ]

    return violations
