"""A browser without a network; every test here is skipped where there is none."""

from __future__ import annotations

import os
import shutil

import pytest

FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    program = os.environ.get("BBSIM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("needs Chromium: none on the path, and BBSIM_CHROMIUM names none")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def flagship_page(flagship, tmp_path_factory):
    """The flagship's report as a file."""
    from bbsim.report.facts import Facts
    from bbsim.report.geometry import base_of
    from bbsim.report.page import report_page

    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(report_page(Facts(flagship), base_of(flagship.country)), encoding="utf-8")
    return file


class Visit:
    """An opened page, with everything that it asked for and complained about."""

    def __init__(self, browser, file, width=1280, height=900, touch=False):
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, is_mobile=touch, has_touch=touch, offline=True
        )
        self.page = self.context.new_page()
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.goto(file.as_uri())
        # The page's policy forbids to wait for an expression; an element may be waited for.
        self.page.wait_for_selector("#time-label:not(:empty)")


@pytest.fixture
def visit(browser):
    """Opens a file in a fresh context: ``visit(file, width=390, touch=True)``."""
    visits = []

    def opened(file, **options):
        visits.append(Visit(browser, file, **options))
        return visits[-1]

    yield opened
    for each in visits:
        each.context.close()
