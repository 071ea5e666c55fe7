"""A headless Chromium, and what it was told not to do: fetch anything from elsewhere, complain in its console."""

import json
import shutil
from urllib.parse import urlsplit

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed (extra: dev)")

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
HERE = {"127.0.0.1", "localhost", ""}
BUILT_IN = ("data", "blob", "chrome", "about", "devtools", "chrome-extension")


class Browser:
    """A page at a time; `check` tells what it asked for and what it complained about."""

    def __init__(self) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1300,1600",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
        ):  # fmt: skip
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
        self.driver.set_page_load_timeout(90)
        self.driver.set_script_timeout(60)

    def wait(self, script: str, seconds: float = 60.0):
        """The first true value of a script."""
        from selenium.webdriver.support.ui import WebDriverWait

        wait = WebDriverWait(self.driver, seconds, poll_frequency=0.1)
        return wait.until(lambda driver: driver.execute_script(f"return {script}"), f"never true: {script}")

    def canvas(self, name: str) -> int:
        """A number that the picture keeps about itself: round, switched, frames, ghost."""
        return int(self.driver.execute_script(f"return document.querySelector('.sim-canvas').dataset.{name}"))

    def click(self, selector: str) -> None:
        """Click an element."""
        found = self.driver.find_element("css selector", selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()

    def requests(self) -> list[str]:
        """Addresses asked for since the last call."""
        told = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [
            one["params"] for one in told if one["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated")
        ]
        return [one["request"]["url"] if "request" in one else one["url"] for one in sent]

    def strangers(self) -> list[str]:
        """Those of them that lead away from this machine."""
        parts = [(url, urlsplit(url)) for url in self.requests()]
        return [url for url, part in parts if part.scheme not in BUILT_IN and part.hostname not in HERE]

    def errors(self) -> list[str]:
        """What the console complained about since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None or DRIVER is None:  # .ci/run installs both; on a user's machine the rest can still be tested
        pytest.skip("chromium and chromedriver are not installed (Debian: apt-get install chromium chromium-driver)")
    chromium = Browser()
    yield chromium
    chromium.driver.quit()
