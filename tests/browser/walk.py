"""What a student does with a stepper, in a notebook as on the page."""

import time

from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys


def picture_changes(browser, act):
    """Do something, and wait until the picture has been drawn anew."""
    before = browser.canvas("frames")
    act()
    browser.wait(f"+document.querySelector('.sim-canvas').dataset.frames > {before}")


def ink(browser) -> int:
    """How many dots of the network are not white."""
    return browser.driver.execute_script(
        "const c = document.querySelector('.sim-canvas canvas');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
        "for (let i = 0; i < d.length; i += 4) if (d[i + 3] && d[i] + d[i + 1] + d[i + 2] < 740) n++; return n"
    )


def walk(browser, shots=None):
    """Step, go back, turn a slider, play, click a customer; every claim about it is asserted."""

    def shot(name):
        if shots:
            browser.driver.save_screenshot(str(shots / f"{name}.png"))

    browser.wait("document.querySelector('.sim-canvas')?.dataset.round")
    assert browser.canvas("round") == 0
    assert ink(browser) > 1000
    for _ in range(5):
        picture_changes(browser, lambda: browser.click(".sim-step"))
    browser.wait("document.querySelector('.sim-canvas').dataset.round == '5'")
    first = ink(browser)
    shot("five")
    for _ in range(2):
        picture_changes(browser, lambda: browser.click(".sim-back"))
    browser.wait("document.querySelector('.sim-canvas').dataset.round == '3'")
    for _ in range(2):
        picture_changes(browser, lambda: browser.click(".sim-step"))
    browser.wait("document.querySelector('.sim-canvas').dataset.round == '5'")
    time.sleep(1.2)  # until the flashes have come to rest
    assert abs(ink(browser) - first) < 0.05 * first

    assert browser.canvas("ghost") == 0
    handle = browser.driver.find_element("css selector", ".sim-dial-heterogeneity .noUi-handle")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", handle)
    picture_changes(
        browser, lambda: ActionChains(browser.driver).click_and_hold(handle).move_by_offset(60, 0).release().perform()
    )
    browser.wait("document.querySelector('.sim-canvas').dataset.ghost == '3'")
    assert browser.canvas("round") == 5
    shot("turned")

    picture_changes(browser, lambda: browser.click(".sim-play"))
    browser.wait("Number(document.querySelector('.sim-canvas').dataset.round) >= 12")  # however slow the machine is
    browser.click(".sim-play")
    time.sleep(0.7)  # a step already on its way may still arrive
    reached = browser.canvas("round")
    time.sleep(1.0)  # several steps' time: nothing may come any more
    assert browser.canvas("round") == reached, "Pause does not pause"
    shot("played")

    network = browser.driver.find_element("css selector", ".sim-canvas canvas")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", network)
    ActionChains(browser.driver).move_to_element(network).click().perform()  # the first customer stands in the middle
    browser.wait("document.querySelector('.sim-life img')?.naturalWidth > 500")
    text = browser.driver.execute_script("return document.querySelector('.sim-life pre').textContent")
    assert f"After {reached} rounds" in text
    assert browser.canvas("chosen") >= 0
    browser.wait("document.querySelector('.sim-life').getBoundingClientRect().top < window.innerHeight - 300")
    shot("life")
    legend = browser.driver.execute_script("return document.querySelector('.sim-legend').textContent")
    for words in ("trust in the supplier (share): ≤ ", "has just switched", "the run before", "Our shop", "Rival"):
        assert words in legend
    browser.click(".sim-close")
    browser.wait("!document.querySelector('.sim-life img')")

    slider = browser.driver.find_element("css selector", ".sim-rounds .noUi-handle")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", slider)
    slider.click()
    picture_changes(browser, lambda: slider.send_keys(Keys.HOME))
    browser.wait("document.querySelector('.sim-canvas').dataset.round == '0'")
    return reached
