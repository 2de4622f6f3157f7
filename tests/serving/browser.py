"""Opens the pages of `unroll serve` in a headless Chromium: wide, dark, on a phone; while they follow a store.

    browser.py [--pictures FOLDER]

Exit code 0: all is as it should be; 1: it is not; 77: there is no browser.
"""

import argparse
import contextlib
import pathlib
import sqlite3
import sys
import time
import traceback

from client import Server, harness, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "browser"))
import chromium  # noqa: E402

problems = []


def check(holds, what):
    if not holds:
        problems.append(what)


def shown(browser, words, seconds=60):
    until(lambda: words in browser.run("document.body.textContent"), seconds, f"{words!r} on the page")


def make(place):
    """A store with texts, failures and a prompt full of markup."""
    manifest = (place.path / "sweep.json").read_text()
    manifest = manifest.replace('"name": "soak",', '"name": "soak <b>", "about": "what <i>is</i> shown",')
    manifest = manifest.replace('"prompt": "the "', '"prompt": "</script><script>alert(1)</script><img src=x onerror=alert(2)>\\u202e"')
    manifest = manifest.replace("FROM \\\"soak\\\"", "FROM \\\"soak <b>\\\"")
    (place.path / "sweep.json").write_text(manifest)
    with (place.path / "text.txt").open("a", encoding="utf-8") as text:
        text.write("</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\n" * 60)
    code, text = place.run("run", "sweep.json", "--jobs", "2", "--quiet")
    if code != 0:
        sys.exit(f"the run ends with {code}\n{text}")


def write(place, *statements):
    with contextlib.closing(sqlite3.connect(place.path / "soak.db", timeout=30)) as store:
        for sql in statements:
            store.execute(sql)
        store.commit()


def picture(browser, folder, name):
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        browser.run("window.drawAll && drawAll()")
        time.sleep(0.3)
        browser.picture(str(folder / f"{name}.png"))


def check_page(browser, width, name):
    wide = browser.run("document.documentElement.scrollWidth")
    check(wide <= width, f"{name} is {wide} wide on a screen of {width}")
    check(browser.run("document.querySelectorAll('main script, main img, main iframe').length") == 0, f"{name}: a text is an element")
    check(browser.run("[...document.querySelectorAll('button, summary, a')].every((e) => e.textContent.trim())"), f"{name}: no name")
    check(browser.run("document.querySelectorAll('nav a').length") > 1, f"{name}: no way to other pages")


def look_at_all(server, folder, width, dark):
    kind = f"{'phone' if width < 600 else 'wide'}{'-dark' if dark else ''}"
    origin = server.address.rstrip("/")
    pages = {"index": ("/", "of 12 finished"), "experiment": ("/experiment?db=0&name=soak+%3Cb%3E", "How to repeat it"),
             "trial": ("/trial?db=0&id=1", "Resolved manifest"), "sql": ("/sql?db=0", "examples:"), "missing": ("/experiment?db=0&name=none", "no experiment")}
    grounds = []
    with chromium.Browser(width, 900, dark, origin) as browser:
        for name, (path, words) in pages.items():
            browser.open(origin + path)
            shown(browser, words)
            check_page(browser, width, f"{name}, {kind}")
            if name == "sql":
                browser.run("document.querySelector('.examples button:nth-of-type(3)').click()")
                shown(browser, "rows")
            picture(browser, folder, f"{name}-{kind}")
            grounds.append(browser.run("getComputedStyle(document.documentElement).backgroundColor"))
        # The browser itself says of a 404 that it is one.
        problems.extend(f"{kind}: {one}" for one in browser.problems if "404" not in one)
    return grounds[0]


def look_at_changes(place, server, folder):
    """What is written shows within a second; what was chosen, unfolded or focused stays."""
    origin = server.address.rstrip("/")
    with chromium.Browser(1200, 900, False, origin) as browser:
        browser.open(origin + "/experiment?db=0&name=soak+%3Cb%3E")
        shown(browser, "12 of 12 finished")
        shown(browser, "How to repeat it")
        browser.run("drawAll(); window.first = figures[0].element; figures[0].element.querySelector('.toggle').click();"
                    "document.querySelector('main details').open = true; 0")
        time.sleep(0.5)
        waits = []
        while len(waits) < 5 and min(waits, default=9) >= 1:  # a busy machine is no fault of the page's
            write(place, "UPDATE trial SET status = 'running', step = NULL WHERE id = 3")
            waits.append(until(lambda: "11 of 12 finished, 1 running" in browser.run("document.body.textContent"), 10, "a running trial"))
            if waits[-1] >= 1:
                write(place, "UPDATE trial SET status = 'finished' WHERE id = 3")
                shown(browser, "12 of 12 finished")
        print(f"a status shows after {min(waits) * 1000:.0f} ms")
        check(min(waits) < 1, f"a status shows after {min(waits):.2f} s")
        shown(browser, "11 finished, 1 running", 60)  # in the page's own words
        check(browser.run("document.querySelector('main details').open"), "what was unfolded is folded again")
        picture(browser, folder, "running-wide")
        # A choice of what is shown.
        browser.run("const list = [...document.querySelectorAll('.of-page select')].at(-1); list.selectedIndex = 1;"
                    "list.dispatchEvent(new Event('change')); 0")
        shown(browser, "Only trials with")
        check("where=" in browser.run("location.search"), "a choice is not in the address")
        check(browser.run("document.querySelectorAll('#more tbody tr').length") > 0, "no list of trials")
        problems.extend(f"while it changes: {one}" for one in browser.problems)
        browser.problems.clear()

        browser.open(origin + "/trial?db=0&id=3")
        shown(browser, "Resolved manifest")
        curve = "figures.some((one) => one.figure.id === 'curve-train-loss')"
        until(lambda: browser.run(curve), 30, "the trial's curve is drawn")
        figures = "figures.find((one) => one.figure.id === 'curve-train-loss').figure.charts[0].series[0].y.length"
        before = browser.run("window.mine = figures[0].element; " + figures)
        write(place, "INSERT INTO point SELECT 3, series_id, max(step) + 7, 99, 3 FROM point WHERE trial_id = 3 GROUP BY series_id HAVING count(*) > 1")
        took = until(lambda: browser.run(figures) == before + 1, 60, "a new point in the chart")
        print(f"a point shows after {took * 1000:.0f} ms")
        check(browser.run("figures.includes(figures.find((one) => one.element === window.mine))"), "a chart is made anew for a point")
        write(place, "INSERT INTO sample (trial_id, step, epoch, kind, sampler, options, temperature, prompt, prompt_key, seed, number,"
                     " length, memory, text) VALUES (3, 999, 1, 'text', 'temperature', '{}', 0.5, 'p', '\"p\"', 1, 0, 5, '{}',"
                     " '<img src=x onerror=alert(3)> has come')")
        shown(browser, "<img src=x onerror=alert(3)> has come", 60)
        write(place, "UPDATE trial SET status = 'failed', cause = 'memory_limit' WHERE id = 3",
              "UPDATE attempt SET outcome = 'failed', cause = 'memory_limit', bound = 4e9, error = 'too much <b>' WHERE trial_id = 3")
        shown(browser, "memory_limit, 4 GB", 60)
        shown(browser, "too much <b>", 60)
        picture(browser, folder, "failed-wide")
        # The server goes, and comes back no more: that is told, and what was shown stays.
        problems.extend(f"on a trial's page: {one}" for one in browser.problems)
        server.end()
        shown(browser, "Lost connection to unroll serve", 20)
        check("Resolved manifest" in browser.run("document.body.textContent"), "without its server, the page is empty")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--pictures", type=pathlib.Path)
    asked = words.parse_args()
    if not chromium.find():
        print("there is no Chromium here: the pages were not opened (scripts/packages tests installs it)")
        return 77
    with harness.Workplace(harness.manifest()) as place:
        make(place)
        server = Server(place.path, "soak.db")
        with server:
            grounds = [look_at_all(server, asked.pictures, *how) for how in ((1200, False), (1200, True), (390, False), (390, True))]
            check(grounds[0] != grounds[1], "dark looks like light")
            look_at_changes(place, server, asked.pictures)
    print("\n".join(problems) or "all is as it should be")
    return 1 if problems else 0


try:
    sys.exit(main())
except Exception:
    traceback.print_exc()
    print("\n".join(problems))
    sys.exit(1)
