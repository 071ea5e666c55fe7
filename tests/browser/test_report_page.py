"""A report opened from disk: nothing is asked for elsewhere, nothing complains, nothing sticks out."""

import io

import pytest
from matplotlib.image import imread

from sim.experiments.compare import compare
from sim.reports import report
from sim.scenario import loads

MARKET = """
title = "Two shops <script>document.title = 'harmed'</script>"
[market]
customers = 80
rounds = 12
[[segments]]
name = "calm"
share = 0.5
[[segments]]
name = "busy with a rather long name"
share = 0.5
purchase_rate = 0.9
[[firms]]
name = "Ours"
strategy = {kind = "everyday_low_price", price = 5.0}
[[firms]]
name = "Theirs"
strategy = {kind = "product_centred"}
[[alternatives]]
name = "low"
[[alternatives]]
name = "a relationship with a name that does not fit into a column"
set = {"firms.Ours.strategy" = {kind = "learning_relationship"}}
"""


@pytest.fixture(scope="module")
def comparison():
    return compare(loads(MARKET), 3, workers=1)


@pytest.mark.parametrize("interactive", [False, True], ids=["still", "interactive"])
def test_a_report_opens_from_disk_and_is_readable_on_any_screen(browser, comparison, tmp_path, interactive):
    if interactive:
        pytest.importorskip("altair", reason="altair is not installed (extra: report)")
        pytest.importorskip("vl_convert", reason="vl-convert-python is not installed (extra: report)")
    file = report(comparison, tmp_path / "report.html", interactive=interactive)
    for width in (1280, 400):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.driver.get(file.as_uri())
        assert browser.wait("document.querySelector('#glossary dd').innerText.length > 20")
        if interactive:
            assert browser.wait("document.querySelectorAll('.live svg path').length > 10")
        images = "[...document.images].every(image => image.complete && image.naturalWidth > 100)"
        assert browser.wait(images)
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= width
        assert browser.driver.title.startswith("Two shops <script>")
        picture = imread(io.BytesIO(browser.driver.get_screenshot_as_png()))
        assert picture.std() > 0.05
        browser.click("a[href='#measure-discounted_profit']")
        shown = browser.driver.execute_script("return document.querySelector(':target').innerText")
        assert shown == "discounted profit"
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert {address.partition("#")[0] for address in browser.requests() if not address.startswith("data:")} == {
        file.as_uri()
    }
    assert not browser.errors()
