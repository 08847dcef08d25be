"""The HTML report, in a real browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from playwright.sync_api import Browser, Page, sync_playwright

from reconciler.review.formats.html import plan_text
from reconciler.review.plan import Plan
from tests.review.changes import SHOP, backend, files, rule
from tests.review.test_markdown import plans
from tests.support.gitway import gitway
from tests.support.manifests import route
from tests.support.repository import GitRepository

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine's path")


TAGS = {
    *("html", "head", "meta", "title", "body", "header", "main", "nav", "section", "article", "h1", "h2", "h3"),
    *("span", "p", "label", "input", "ul", "li", "a", "b", "details", "summary", "small", "div", "code", "pre"),
    *("table", "thead", "tbody", "tr", "th", "td", "del", "ins"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("report")
    repo = GitRepository(directory / "repository")
    before = route("web", rule("/cart", backend("v1", 90), backend("v2", 10)), rule("/", backend()),
                   hostnames=(SHOP, "old.example.com"))  # fmt: skip
    after = route("web", rule("/cart", backend("v1", 50), backend("v2", 50)), rule("/", backend()), hostnames=(SHOP,))
    repo.commit("Before", files(before))
    repo.commit("After", files(after, route("all", rule("/", backend("v1")))))
    page = directory / "report.html"
    done = gitway("plan", "--repo", repo.path, "--base", "HEAD~1", "-o", "html", "--out", page)
    assert done.code == 0, done.stderr
    return page


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """The report, of which nothing may go wrong and nothing may be asked of a network."""
    context = browser.new_context(viewport={"width": 1400, "height": 800})
    opened = context.new_page()
    said: list[Any] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: said.append(request.url) if not request.url.startswith("file:") else None)
    opened.goto(report.as_uri())
    yield opened
    if os.environ.get("GITWAY_SCREENSHOTS"):
        directory = Path(os.environ["GITWAY_SCREENSHOTS"])
        opened.screenshot(path=directory / f"{len([*directory.iterdir()])}.png")
    context.close()
    assert said == []


@needs_browser
def test_the_overview(page: Page) -> None:
    assert page.title() == "gitway plan: high risk"
    assert page.locator("#overview .danger").count() >= 2
    assert "old.example.com" in page.locator("#overview .danger.high").first.inner_text()
    assert "v1:80 90%, v2:80 10%" in page.locator("#overview table").inner_text()
    assert page.locator(".tree .removed", has_text="old.example.com").count() == 1


@needs_browser
def test_an_object_by_its_link(page: Page) -> None:
    page.get_by_role("link", name="HTTPRoute shop/web").first.click()
    shown = page.locator(".panel:visible")
    assert shown.count() == 1
    assert "spec.rules[/cart].backendRefs[v1].weight" in shown.inner_text()
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    assert "HTTPRoute shop/web" in page.locator(".panel:visible h2").inner_text()


@needs_browser
def test_search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("shop/all")
    assert page.locator("#objects li[data-text]:visible").count() == 1
    page.keyboard.type("zzz")
    assert page.locator("#none").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#objects li[data-text]:visible").count() == 2


@needs_browser
def test_the_dark(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"


@settings(max_examples=40)
@given(plans())
def test_nothing_of_a_manifest_is_read_as_markup(plan: Plan) -> None:
    text = plan_text(plan)
    body = re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL)
    names = {name.lower() for name in re.findall(r"<\s*/?\s*([a-zA-Z][\w-]*)", body)}
    assert names <= TAGS
    assert not re.search(r"\son\w+=", re.sub(r'"[^"]*"', "", " ".join(re.findall(r"<[^>]*>", body))))
    assert "http" not in " ".join(re.findall(r'(?:src|href)="([^"]*)"', body))
