"""The admin page as people see it, in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sidecar.releases import CDS, FLEET, LDS, reference
from tests.sidecar.running import Call, Publisher, Sidecar
from tests.support.wait import eventually

CHROMIUM = os.environ.get("GITWAY_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
MESSAGE = "Error adding/updating listener(s) web: cannot bind '0.0.0.0:80': <Address already in use> & 'more'"


@pytest.fixture
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the path (GITWAY_CHROMIUM)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def test_the_page_says_what_is_wrong(tmp_path: Path, browser: Any) -> None:
    """Release, fleets, Envoys, a refusal in full, a missing secret: seen, and nothing else was loaded or run."""
    publisher = Publisher((tmp_path / "store").as_uri())
    shop = {LDS: {"web": reference("shop/certificate").encode()}}
    publisher.publish({FLEET: {CDS: {"x": b"\x0a\x01x"}}, "shop/edge": shop})
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        call.ask(CDS, response_nonce=call.next().nonce)
        publisher.publish({FLEET: {CDS: {"x": b"\x0a\x01x", "y": b"\x0a\x01y"}}, "shop/edge": shop})
        call.ask(CDS, response_nonce=call.next().nonce, error_detail={"message": MESSAGE})
        call.next()
        eventually(lambda: sidecar.admin("/nodes").json["nodes"][0]["refused"])
        view = browser.new_page(viewport={"width": 1200, "height": 900})
        asked, wrong = list[str](), list[str]()
        view.on("request", lambda request: asked.append(request.url))
        view.on("console", lambda told: wrong.append(told.text))
        url = f"http://127.0.0.1:{sidecar.admin_port}/"
        view.goto(url)
        assert view.locator("h1").inner_text() == "gitway sidecar ready"
        assert "A <a@example.org>" in view.locator("#release").inner_text()
        assert "quarantined, serial 1 is served" in view.locator("#fleets").inner_text()
        assert view.locator(".refusal pre").inner_text() == MESSAGE
        assert "shop/certificate" in view.locator("#secrets").inner_text()
        assert view.locator("#envoys tr").nth(1).locator("td").nth(5).inner_text() == "1"
        view.screenshot(path=os.environ.get("GITWAY_SCREENSHOT", tmp_path / "page.png"), full_page=True)
        view.set_viewport_size({"width": 400, "height": 800})
        assert view.evaluate("document.documentElement.scrollWidth") <= 400
    assert [each for each in asked if not each.startswith(url)] == []
    assert wrong == []
