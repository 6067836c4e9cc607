"""The explorer and the reference in Chromium, by WebDriver over HTTP (W3C WebDriver 2), with Python's library alone.

    browser.py OPEN FAILING GUARDED TOKEN [FOLDER]

OPEN, FAILING and GUARDED are addresses of gateways: one whose sources are well, one with a source that answers 500, and
one that asks for TOKEN. Screenshots go to FOLDER. Prints a line for each case, and exits with 1 when one failed.
"""
import base64
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

DEADLINE = 20  # seconds that anything on a page may take on a busy machine
DESKTOP, PHONE = (1440, 1000), (390, 844)


class Browser:
    """One browser window. Scripts run in the page; what they return is JSON."""

    def __init__(self):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                self.address = f"http://127.0.0.1:{line.split()[-1].rstrip('.')}"
                break
        else:
            raise SystemExit("chromedriver does not start")
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en-US"]
        answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"}, "timeouts": {"script": 1000 * DEADLINE}}}})
        self.session = f"/session/{answer['sessionId']}"

    def close(self):
        try:
            self._ask("DELETE", self.session)
        finally:
            # The browser has quit; and a test runner may have left SIGTERM blocked for those it starts.
            self.driver.kill()
            self.driver.wait()

    def _ask(self, method, path, body=None):
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {json.load(error)['value']['message'][:300]}") from None

    def ask(self, path, body=None):
        return self._ask("POST", self.session + path, body)

    def cdp(self, command, **parameters):
        return self.ask("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script, *arguments):
        return self.ask("/execute/sync", {"script": script, "args": arguments})

    def open(self, address, size=DESKTOP, dark=False):
        """A fresh tab at an address: nothing kept from before, an empty console."""
        self.ask("/url", {"url": "about:blank"})
        phone = size == PHONE
        self.cdp("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=phone)
        self.cdp("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                           {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.ask("/se/log", {"type": "browser"})
        self.ask("/url", {"url": address})

    def until(self, script, *arguments):
        """Waits until a script returns something true, and returns it. A page that is left ends a script that waits by itself."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            value = self.run(script, *arguments)
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError(f"not so within {DEADLINE} s: {script} {arguments}\n{self.text('main')[:600]}")

    def loaded(self):
        """Waits for a page of the list, or for the message in place of one."""
        self.until("const t = document.getElementById('table');"
                   "return t && t.getAttribute('aria-busy') === 'false'")

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText)", selector)

    def ids(self):
        return self.run("return [...document.querySelectorAll('#rows tr')].map((e) => e.dataset.id)")

    def query(self):
        address = urllib.parse.urlsplit(self.run("return location.href"))
        return dict(urllib.parse.parse_qsl(address.query)), dict(urllib.parse.parse_qsl(address.fragment))

    def click(self, selector):
        """A real click, in the middle of the element; it must be visible and on top."""
        element = self.ask("/element", {"using": "css selector", "value": selector})
        self.ask(f"/element/{list(element.values())[0]}/click")

    def type(self, selector, text):
        element = self.ask("/element", {"using": "css selector", "value": selector})
        self.ask(f"/element/{list(element.values())[0]}/value", {"text": text})

    def press(self, *keys):
        actions = [action for key in keys for action in ({"type": "keyDown", "value": key}, {"type": "keyUp", "value": key})]
        self.ask("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def console(self, allowed=()):
        """What the console complains of, but for lines with one of the allowed words."""
        lines = [entry["message"] for entry in self.ask("/se/log", {"type": "browser"})
                 if entry["level"] in ("SEVERE", "WARNING")]
        return [line for line in lines if not any(word in line for word in allowed)]

    def screenshot(self, folder, name):
        if folder:
            data = self.cdp("Page.captureScreenshot", format="png")["data"]
            with open(os.path.join(folder, name + ".png"), "wb") as file:
                file.write(base64.b64decode(data))


ENTER, ESCAPE, DOWN, TAB = "\ue007", "\ue00c", "\ue015", "\ue004"

# Every visible text against what lies behind it (WCAG 2.1, 1.4.3): 4.5, or 3 for large text.
CONTRAST = r"""
const parse = (text) => {
  const numbers = text.match(/[\d.]+(e-?\d+)?/g).map(Number);
  const scale = text.startsWith('color(') ? 255 : 1;
  return [...numbers.slice(0, 3).map((n) => n * scale), numbers[3] ?? 1];
};
const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3])).concat(1);
const luminance = (colour) => {
  const [r, g, b] = colour.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (node) => {
  const layers = [];
  for (; node; node = node.parentElement) {
    const colour = parse(getComputedStyle(node).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  return layers.reduceRight((under, top) => over(top, under), [255, 255, 255, 1]);
};
const bad = [];
let checked = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  const style = getComputedStyle(node);
  if (!walker.currentNode.data.trim() || !node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
  if (node.closest(':disabled, svg, .hidden, option, script, noscript')) continue;
  const behind = ground(node);
  const [a, b] = [luminance(over(parse(style.color), behind)), luminance(behind)];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  checked += 1;
  if (ratio < (large ? 3 : 4.5)) bad.push(`${ratio.toFixed(2)} ${node.className || node.localName}: ${walker.currentNode.data.trim().slice(0, 30)}`);
}
return { checked, bad: [...new Set(bad)] };
"""


def check_contrast(browser, least):
    found = browser.run(CONTRAST)
    assert found["checked"] >= least, found
    assert not found["bad"], found["bad"]


def check_accessible(browser, roles):
    """The tree that a screen reader reads: everything to act on has a name, and these roles are there."""
    nodes = [node for node in browser.cdp("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]
    role = lambda node: node.get("role", {}).get("value")
    name = lambda node: node.get("name", {}).get("value", "").strip()
    acting = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "dialog", "image", "img", "table", "form"}
    nameless = [node for node in nodes if role(node) in acting and not name(node)]
    assert not nameless, [(role(node), node.get("properties")) for node in nameless]
    missing = set(roles) - {role(node) for node in nodes}
    assert not missing, missing


def loads(browser, at):
    browser.open(at.open)
    browser.loaded()
    assert len(browser.ids()) == 50
    cards = browser.count(".source-card")
    assert cards == 3 and len(browser.texts(".source-card .state.good")) == 3, browser.texts(".source-card")
    assert browser.count("#chart svg rect") > 10
    assert browser.count("#rows time[datetime][title]") >= 50
    check_accessible(browser, {"banner", "navigation", "main", "form", "table", "row", "columnheader", "cell"})
    check_contrast(browser, 200)
    timing = browser.run(
        "const [page] = performance.getEntriesByType('navigation');"
        "const files = performance.getEntriesByType('resource');"
        "return [performance.getEntriesByName('first-rows')[0].startTime,"
        " files.filter((f) => !f.name.includes('/v1/')).reduce((sum, f) => sum + f.decodedBodySize, page.decodedBodySize)]")
    browser.screenshot(at.folder, "light")
    hosts = browser.run("return [...new Set(performance.getEntriesByType('resource').map((f) => new URL(f.name).host))]")
    assert hosts == [urllib.parse.urlsplit(at.open).netloc], hosts
    return f"first rows after {timing[0]:.0f} ms, {timing[1]} bytes"


def filters(browser, at):
    browser.open(at.open)
    browser.loaded()
    browser.click("[name=status][value=failed]")
    browser.until("return location.search === '?status=failed'")
    browser.loaded()
    assert set(browser.texts("#rows .word")) == {"failed"}
    browser.click("[name=status][value=active]")
    browser.until("return location.search === '?status=active,failed'")
    browser.loaded()
    browser.type("[name=q]", "zzzz-none")
    browser.until("return document.querySelector('#message h3')?.innerText === 'No sessions match'")
    browser.screenshot(at.folder, "empty")
    browser.run("history.back()")
    browser.until("return location.search === '?status=active,failed' && document.querySelectorAll('#rows tr').length > 0")
    assert browser.run("return document.querySelector('[name=q]').value") == ""
    browser.loaded()
    assert browser.text("#filter-count") == "1"
    browser.click("[name=status][value=active]")
    browser.until("return location.search === '?status=failed'")
    # An address that somebody sent shows the same.
    browser.open(f"{at.open}/?source=anam&createdAfter=2020-01-02T03:04:05.678Z&sort=createdAt")
    browser.loaded()
    assert set(browser.texts("#rows .tint")) == {"anam"}
    assert browser.run("return document.querySelector('[name=source][value=anam]').checked")
    browser.click("[name=channel][value=unknown]")
    browser.until("return location.search.includes('channel=unknown')")
    assert browser.query()[0]["createdAfter"] == "2020-01-02T03:04:05.678Z", "untouched to the millisecond"


def sorts(browser, at):
    browser.open(at.open)
    browser.loaded()
    newest = browser.ids()
    browser.click("th.createdAt button")
    browser.until("return location.search === '?sort=createdAt'")
    browser.loaded()
    assert browser.ids()[0] != newest[0]
    times = browser.run("return [...document.querySelectorAll('td.createdAt time')].map((e) => e.dateTime)")
    assert times == sorted(times)
    assert browser.run("return document.querySelector('th.createdAt').ariaSort") == "ascending"
    browser.click("th.source button")
    browser.until("return location.hash === '#by=source'")
    sources = browser.texts("#rows .tint")
    assert sources == sorted(sources) and browser.query()[0] == {"sort": "createdAt"}
    assert "on this page only" in browser.text("#place")


def pages(browser, at):
    browser.open(f"{at.open}/?limit=25")
    browser.loaded()
    first = browser.ids()
    browser.click("#next")
    browser.until("return document.getElementById('place').innerText.startsWith('Page 2')")
    second = browser.ids()
    assert len(second) == 25 and not set(first) & set(second)
    browser.click("#next")
    browser.until("return document.getElementById('place').innerText.startsWith('Page 3')")
    browser.click("#back")
    browser.until("return document.getElementById('place').innerText.startsWith('Page 2')")
    assert browser.ids() == second
    browser.run("history.back()")
    browser.until("return document.getElementById('place').innerText.startsWith('Page 3')")
    browser.ask("/refresh")
    browser.until("return document.getElementById('place')?.innerText.startsWith('Page 3')")
    browser.click("#first")
    browser.until("return document.getElementById('place').innerText.startsWith('Page 1')")
    assert browser.ids() == first
    browser.open(f"{at.open}/?cursor=nonsense")
    browser.until("return document.querySelector('#message h3')?.innerText === 'The cursor is not valid'")
    browser.click("#message button")
    browser.until("return document.querySelectorAll('#rows tr[data-id]').length === 50")
    return ["400"]


def opens_detail(browser, at):
    browser.open(f"{at.open}/?status=completed")
    browser.loaded()
    ids = browser.ids()
    browser.click("#rows tr:nth-child(3) td.status")
    browser.until("return document.getElementById('detail').open")
    assert browser.query()[1] == {"open": ids[2]}
    shown = browser.texts("#detail dl.fields dt")
    for label in ["Id", "Native id", "Native status", "Modality", "Updated at", "Ended at", "Agent model", "Participant email",
                  "Workspace id", "Conversation id", "Parent id", "Message count", "Cost", "Error"]:
        assert label in shown, (label, shown)
    check_contrast(browser, 40)
    check_accessible(browser, {"dialog", "region"})
    browser.screenshot(at.folder, "detail")
    browser.click("#raw button")
    raw = browser.until("return document.querySelector('#raw pre')?.innerText")
    assert ids[2].split(":", 1)[1] in raw
    browser.press(ESCAPE)
    browser.until("return !document.getElementById('detail').open")
    assert browser.query()[1] == {}
    assert browser.run("return document.activeElement.closest('tr')?.dataset.id") == ids[2]
    # By keyboard alone.
    browser.press(DOWN, DOWN, ENTER)
    browser.until("return document.getElementById('detail').open")
    assert browser.query()[1] == {"open": ids[4]}
    # By a link, when the session is not on the page. Of the others some have nothing to filter by.
    other = next(id for id in ids if id.startswith("alcamine:"))
    browser.open(f"{at.open}/?status=failed#open={other}")
    browser.until("return document.getElementById('detail').open && document.querySelectorAll('#detail dt').length > 20")
    browser.click("#detail-body [aria-label^='Only sessions']")
    browser.until("return /Id=/.test(location.search) && !document.getElementById('detail').open")
    browser.loaded()


def reads_on(browser, at):
    """Nothing matches: the gateway gives empty pages until it has seen all, and the page reads on by itself."""
    browser.open(f"{at.open}/?q=matches-nothing-at-all&limit=25")
    browser.until("return /reading on/.test(document.getElementById('progress-text').innerText)")
    browser.screenshot(at.folder, "reading")
    browser.click("#stop")
    browser.until("return document.querySelector('#message h3')?.innerText === 'Stopped'")
    kept = browser.query()[0].get("cursor")
    assert kept and browser.run("return document.getElementById('progress').hidden")
    browser.click("#message button")
    browser.until("return document.querySelector('#message h3')?.innerText === 'No sessions match'")
    assert browser.query()[0]["cursor"] != kept


def a_source_fails(browser, at):
    browser.open(at.failing)
    browser.loaded()
    assert browser.count("#rows tr") == 50
    warning = browser.until("return document.getElementById('partial').innerText")
    assert "not complete" in warning and "anam" in warning and "500" in warning, warning
    assert browser.count(".source-card.bad") == 1 and "anam" in browser.text(".source-card.bad")
    check_contrast(browser, 200)
    browser.screenshot(at.folder, "failing")
    browser.open(f"{at.failing}/?partial=deny")
    browser.until("return document.querySelector('#message h3')?.innerText.startsWith('A source')")
    browser.screenshot(at.folder, "refused")
    return ["502", "503"]


def a_wrong_token(browser, at):
    browser.open(at.guarded)
    browser.until("return document.getElementById('token').open")
    browser.screenshot(at.folder, "token")
    check_accessible(browser, {"dialog"})
    check_contrast(browser, 5)
    browser.type("#token-value", "wrong" + ENTER)
    browser.until("return document.getElementById('token').open && /refused/.test(document.getElementById('token-why').innerText)")
    assert browser.count("#rows tr[data-id]") == 0
    browser.type("#token-value", at.token + ENTER)
    browser.until("return document.querySelectorAll('#rows tr[data-id]').length === 50")
    kept = browser.run("return [location.href + document.cookie + JSON.stringify(localStorage), JSON.stringify(sessionStorage)]")
    assert at.token not in kept[0] and at.token in kept[1]
    assert at.token not in browser.run("return document.documentElement.outerHTML")
    browser.click("#rows tr td.status")
    browser.until("return document.getElementById('detail').open")
    browser.click("#raw button")
    browser.until("return /permission raw/.test(document.getElementById('detail-body').innerText)")
    return ["401", "403"]


def downloads(browser, at):
    """What is saved is caught on its way to the browser: it came through the API, with the token."""
    browser.open(f"{at.guarded}/?status=failed")
    browser.until("return document.getElementById('token').open")
    browser.type("#token-value", at.token + ENTER)
    browser.until("return document.querySelectorAll('#rows tr[data-id]').length > 0")
    browser.run("const make = URL.createObjectURL; window.saved = null; window.copied = null;"
                "URL.createObjectURL = (blob) => { blob.text().then((t) => { window.saved = t; }); return make(blob); };"
                "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (t) => { window.copied = t; } } });")
    browser.click("#download")
    lines = browser.until("return window.saved").split("\r\n")
    expected, target, pages = [], "/v1/sessions?status=failed&format=csv&limit=500", 0
    while target:
        request = urllib.request.Request(at.guarded + target, headers={"Authorization": f"Bearer {at.token}"})
        with urllib.request.urlopen(request) as answer:
            expected += answer.read().decode().split("\r\n")[1 if pages else 0:-1]
            target, pages = (answer.headers["Link"] or "<>")[1:].split(">")[0], pages + 1
    assert pages > 1 and len(expected) > 100, (pages, len(expected))
    assert lines == expected + [""], (len(lines), len(expected))
    browser.until("return /saved/.test(document.getElementById('toast').innerText)")
    browser.click("#copy-curl")
    command = browser.until("return window.copied")
    assert command == f"curl -H \"Authorization: Bearer $GATEWAY_TOKEN\" '{at.guarded}/v1/sessions?status=failed'", command
    return ["401"]


def dark(browser, at):
    browser.open(at.open, dark=True)
    browser.loaded()
    check_contrast(browser, 200)
    browser.screenshot(at.folder, "dark")
    browser.open(at.failing, dark=True)
    browser.loaded()
    check_contrast(browser, 200)
    browser.screenshot(at.folder, "dark-failing")
    browser.click("#rows tr td.status")
    browser.until("return document.getElementById('detail').open")
    check_contrast(browser, 40)
    browser.screenshot(at.folder, "dark-detail")


def phone(browser, at):
    browser.open(at.open, size=PHONE)
    browser.loaded()
    fits = "return document.documentElement.scrollWidth <= innerWidth"
    assert browser.run(fits), "wider than the screen"
    check_contrast(browser, 150)
    check_accessible(browser, {"table", "row", "cell"})
    browser.screenshot(at.folder, "phone")
    browser.run("document.querySelector('#rows').scrollIntoView()")
    browser.screenshot(at.folder, "phone-rows")
    browser.click("#filter-panel > summary")
    browser.click("[name=status][value=failed]")
    browser.until("return location.search === '?status=failed'")
    browser.loaded()
    assert browser.run(fits)
    browser.run("scrollTo(0, 0)")
    browser.screenshot(at.folder, "phone-filters")
    browser.click("#rows tr td.title a")
    browser.until("return document.getElementById('detail').open")
    assert browser.run("return document.getElementById('detail').getBoundingClientRect().width === innerWidth")
    browser.screenshot(at.folder, "phone-detail")


def reference(browser, at):
    for name, size, is_dark in [("docs", DESKTOP, False), ("docs-dark", DESKTOP, True), ("docs-phone", PHONE, False)]:
        browser.open(f"{at.open}/docs", size=size, dark=is_dark)
        browser.until("return document.querySelectorAll('main section').length > 10")
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        check_contrast(browser, 200)
        browser.screenshot(at.folder, name)
    check_accessible(browser, {"banner", "main", "table", "link"})
    assert "createdAfter" in browser.text("#listSessions")


CASES = [loads, filters, sorts, pages, opens_detail, reads_on, a_source_fails, a_wrong_token, downloads, dark, phone, reference]


class Addresses:
    def __init__(self, arguments):
        self.open, self.failing, self.guarded, self.token = arguments[:4]
        self.folder = arguments[4] if len(arguments) > 4 else None


def main():
    at = Addresses(sys.argv[1:])
    wanted = os.environ.get("CASES", "").split()
    failed = []
    for case in CASES:
        if wanted and case.__name__ not in wanted:
            continue
        started = time.monotonic()
        browser = Browser()
        try:
            note = case(browser, at)
            # A case that provokes an answer of the gateway names its status: the browser reports those itself.
            complaints = browser.console(allowed=[f"status of {status}" for status in note] if isinstance(note, list) else ())
            assert not complaints, complaints
            note = f" ({note})" if isinstance(note, str) else ""
            print(f"passed {case.__name__} in {time.monotonic() - started:.1f} s{note}", flush=True)
        except AssertionError as error:
            failed.append(case.__name__)
            print(f"FAILED {case.__name__}: {str(error)[:1500]}", flush=True)
            import traceback
            print("".join(traceback.format_tb(error.__traceback__)[-2:]))
            browser.screenshot(at.folder, f"failed-{case.__name__}")
        finally:
            browser.close()
    sys.exit(1 if failed else 0)


main()
