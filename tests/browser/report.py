# Opens the page of an experiment in a headless Chromium, as people do: wide, dark, on a phone, with the keyboard.
#
# report.py PAGE DATABASE EXPERIMENT: the experiment's axes are `system` and `seed`; its metric is validation/loss; its
# corpus and prompts are full of markup. Exit code: 0 all well; 1 what is wrong is printed; 77 there is no browser.
import math
import sqlite3
import sys

import chromium

problems = []


def check(holds, what):
    if not holds:
        problems.append(what)


def equal(ours, theirs, what):
    same = len(ours) == len(theirs) and all(
        a == b or (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-12)) for a, b in zip(ours, theirs))
    check(same, f"{what}: the page has {ours}, the store {theirs}")


# Everything that a page's charts draw, by figure, chart and line.
CHARTS = """Object.fromEntries(figures.map((view) => [view.figure.id, Object.fromEntries(view.charts.map((chart, place) =>
  [view.figure.charts[place].title, Object.fromEntries(chart.data.datasets.map((set) =>
    [set.label, {x: set.data.map((p) => p.x), y: set.data.map((p) => p.y)}]))]))]))"""

# And the rows of the tables behind them.
TABLES = """figures.map((view) => { const fold = view.element.querySelector('details'); fold.fill(); fold.open = true;
  return [view.figure.id, fold.querySelectorAll('tbody tr').length,
          view.figure.charts.flatMap((chart) => chart.series).reduce((sum, one) => sum + one.y.length, 0)]; })"""


def curve(store, experiment, split, name, system):
    return store.execute(
        f"""SELECT point.step, avg(value) FROM "{experiment}" AS result JOIN point USING (trial_id)
            JOIN series ON series.id = series_id WHERE split = ? AND name = ? AND system = ? GROUP BY point.step
            ORDER BY point.step""", (split, name, system)).fetchall()


def check_charts(browser, store, experiment):
    charts = browser.run("drawAll()") or browser.run(CHARTS)
    systems = [row[0] for row in store.execute(f'SELECT DISTINCT system FROM "{experiment}"')]
    names = store.execute(
        f"""SELECT split, name FROM "{experiment}" JOIN point USING (trial_id) JOIN series ON series.id = series_id
            GROUP BY split, name HAVING count(DISTINCT point.step) > 1""").fetchall()
    folded = browser.run("document.querySelectorAll('section > details').length")
    browser.run("document.querySelectorAll('section > details').forEach((fold) => { fold.fill(); fold.open = true; })")
    charts = browser.run("drawAll()") or browser.run(CHARTS)
    check(folded > 0 and names, "nothing folded, or nothing to draw")
    for split, name in names:
        figure = charts.get("curve-" + "".join(c if c.isalnum() else "-" for c in f"{split}/{name}"), {}).get("", {})
        for system in systems:
            steps, values = zip(*curve(store, experiment, split, name, system))
            line = figure.get(system, {"x": [], "y": []})
            equal(line["x"], steps, f"steps of {split}/{name}, {system}")
            equal(line["y"], values, f"{split}/{name}, {system}")
    means = dict(store.execute(f'SELECT system, avg(validation_loss) FROM "{experiment}" GROUP BY system'))
    for system in systems:
        equal(charts["comparison"][""][system]["x"], [means[system]], f"comparison, {system}")
        known = store.execute(
            f"""SELECT temperature, avg(known_word_rate) FROM "{experiment}" AS r JOIN sample USING (trial_id)
                WHERE system = ? AND known_word_rate IS NOT NULL AND sample.step = r.step GROUP BY temperature
                ORDER BY temperature""", (system,)).fetchall()
        if known:
            equal(charts["temperature-Known"][""][system]["y"], [row[1] for row in known], f"known words, {system}")
    for figure, rows, points in browser.run(TABLES):
        check(rows == points, f"the table behind {figure} has {rows} rows for {points} points")


def check_markup(browser):
    check(browser.run("document.querySelectorAll('main script, main img, main svg, main iframe').length") == 0,
          "a text has become an element")
    check(browser.run("document.querySelectorAll('script').length") == 3, "a script has come in")
    check(browser.run("document.querySelectorAll('main .hidden-character').length") > 0, "no hidden character is marked")
    check(browser.run("document.querySelector('main').textContent.includes('<script>')"), "the markup is not shown as text")


def check_keyboard(browser):
    browser.press("Tab")
    check(browser.run("document.activeElement.className") == "skip", "the first Tab does not go to the skip link")
    for _ in range(200):
        if browser.run("document.activeElement.tagName") == "CANVAS":
            break
        browser.press("Tab")
    check(browser.run("document.activeElement.tagName") == "CANVAS", "Tab does not reach a chart")
    browser.press("ArrowRight")
    said = browser.run("document.activeElement.closest('figure').querySelector('[aria-live]').textContent")
    check(any(character.isdigit() for character in said), f"an arrow key says {said!r}")
    check(browser.run("[...document.querySelectorAll('canvas')].every((c) => c.getAttribute('aria-label') && c.tabIndex === 0)"),
          "a chart without a name or out of the keyboard's reach")
    check(browser.run("[...document.querySelectorAll('button, summary, select, a')].every((e) => e.textContent.trim())"),
          "a control without a name")
    check(browser.run("getComputedStyle(document.activeElement).outlineStyle") != "none", "focus is not shown")


def main(page, database, experiment):
    if not chromium.find():
        return 77
    store = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    grounds = []
    for width, dark in ((1200, False), (1200, True), (390, False)):
        with chromium.Browser(width, 900, dark) as browser:
            browser.open(page)
            if width == 1200 and not dark:
                check_keyboard(browser)
            check_charts(browser, store, experiment)
            check_markup(browser)
            wide = browser.run("document.documentElement.scrollWidth")
            check(wide <= width, f"the page is {wide} wide on a screen of {width}")
            grounds.append(browser.run("getComputedStyle(document.documentElement).backgroundColor"))
            problems.extend(f"{width} wide{', dark' if dark else ''}: {one}" for one in browser.problems)
    check(grounds[0] != grounds[1], "dark looks like light")
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main(*sys.argv[1:]))
