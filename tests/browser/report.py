# Opens the page of an experiment in a headless Chromium, as people do: wide, dark, on a phone, with the keyboard.
#
# report.py PAGE DATABASE EXPERIMENT: the experiment's axes are `system` and `seed`; its metric is validation/loss; its
# corpus and prompts are full of markup. Exit code: 0 all well; 1 what is wrong is printed; 77 there is no browser.
import math
import sqlite3
import sys
import time

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


# Metric and need of each finished trial, by the chart that draws them.
NEEDS = {"by-weights": "parameters", "by-state": "state_size", "by-cost": "flops_per_step * step"}


def check_needs(charts, store, experiment, systems):
    for figure, need in NEEDS.items():
        rows = store.execute(f"""SELECT system, {need}, validation_loss FROM "{experiment}"
                                 WHERE status = 'finished' ORDER BY 2, 3""").fetchall()
        check(len({row[1] for row in rows}) > 1, f"trials do not differ in {need}: {figure} is not tried")
        for system in systems:
            drawn = charts.get(figure, {}).get("", {}).get(system, {"x": [], "y": []})
            drawn = sorted(zip(drawn["x"], drawn["y"]))
            for place, what in ((0, need), (1, "loss")):
                equal([point[place] for point in drawn], [row[place + 1] for row in rows if row[0] == system],
                      f"{figure}, {what} of {system}")


def check_profiles(charts, store, experiment, systems):
    """Within sequences: loss by position, and the gradient by lag over that at lag 0, its geometric mean."""
    store.create_function("log", 1, math.log)
    queries = {
        "loss-by-position-validation": "SELECT p.position, avg(p.value) FROM loss_by_position AS p WHERE p.split = 'validation'",
        "gradient-by-lag": "SELECT p.lag, avg(log(p.norm / (SELECT norm FROM gradient AS zero WHERE zero.trial_id = p.trial_id"
                           " AND zero.step = p.step AND zero.lag = 0))) FROM gradient AS p WHERE p.norm > 0"}
    for figure, query in queries.items():
        for system in systems:
            rows = store.execute(f"""{query} AND p.trial_id IN (SELECT trial_id FROM "{experiment}" WHERE system = ?)
                                     GROUP BY 1 ORDER BY 1""", (system,)).fetchall()
            check(len(rows) > 1, f"nothing to draw in {figure}")
            drawn = charts.get(figure, {}).get("", {}).get(system, {"x": [], "y": []})
            equal(drawn["x"], [row[0] for row in rows], f"{figure}, places of {system}")
            wanted = [math.exp(row[1]) if figure.startswith("gradient") else row[1] for row in rows]
            equal([round(y, 12) for y in drawn["y"]], [round(y, 12) for y in wanted], f"{figure}, {system}")


def check_texts(browser, store, experiment, systems):
    """Texts stand side by side, a row for each system and a column for each temperature, with their measures."""
    temperatures = [row[0] for row in store.execute("SELECT DISTINCT temperature FROM sample ORDER BY 1")]
    shown = browser.run("[...document.querySelectorAll('.sample')].map((one) => [one.querySelector('.text').textContent,"
                        " one.querySelectorAll('dl div').length])")
    check(len(shown) == len(systems) * len(temperatures), f"{len(shown)} texts for {systems} at {temperatures}")
    check(all(text for text, _ in shown), "a text is empty")
    check(all(measures >= 3 for _, measures in shown), f"measures of texts: {[measures for _, measures in shown]}")


# What a figure of this id is drawn with now: scales, names of axes, points of its first line, and which lines are hidden.
LOOK = """(() => { const view = figures.find((one) => one.figure.id === ID), { scales } = view.charts[0].options, sets = view.charts[0].data.datasets;
  return {x: scales.x.type, y: scales.y.type, name: scales.x.title.text, first: sets[0].data.map((point) => point.x), hidden: sets.map((set) => set.hidden)}; })()"""
ACT = "(() => { const element = figures.find((one) => one.figure.id === ID).element; ACTION; return 0; })()"


def check_controls(browser, store, experiment):
    """Scales, horizontal axes and lines are chosen by the controls above a chart."""
    identity = '"curve-validation-loss"'
    look = lambda: browser.run(LOOK.replace("ID", identity))
    act = lambda action: browser.run(ACT.replace("ID", identity).replace("ACTION", action))
    browser.run("drawAll()")
    check((look()["x"], look()["y"]) == ("linear", "linear"), f"a curve begins as {look()}")
    act("element.querySelectorAll('.toggle').forEach((one) => one.click())")
    check((look()["x"], look()["y"]) == ("logarithmic", "logarithmic"), f"log x and log y give {look()}")
    act("element.querySelectorAll('.toggle').forEach((one) => one.click())")
    steps = look()["first"]
    names = browser.run(f"figures.find((one) => one.figure.id === {identity}).figure.x.map((axis) => axis.name)")
    check(names == ["step", "epoch", "seconds", "tokens", "FLOPs"], f"a curve runs over {names}")
    system = browser.run(f"figures.find((one) => one.figure.id === {identity}).figure.charts[0].series[0].name")
    ((tokens, flops),) = store.execute(f"""SELECT avg(tokens * 1.0 / step), avg(flops_per_step) FROM "{experiment}"
                                           WHERE system = ?""", (system,)).fetchall()
    for place, name, factor in ((3, "tokens", tokens), (4, "FLOPs", flops)):
        act(f"const list = element.querySelector('select'); list.selectedIndex = {place}; list.dispatchEvent(new Event('change'))")
        check(look()["name"] == name, f"{name} is chosen, {look()['name']} is drawn")
        equal(look()["first"], [step * factor for step in steps], f"{name} of the curve of {system}")
    act("const list = element.querySelector('select'); list.selectedIndex = 0; list.dispatchEvent(new Event('change'))")
    act("element.querySelector('.legend button').click()")
    check(sum(look()["hidden"]) == 1, "a name above a chart hides no line")
    act("element.querySelector('.legend button').click()")
    check(not any(look()["hidden"]), "it does not show it again")


def check_hover(browser):
    """The pointer over a chart tells the values under it."""
    browser.run("figures[1].element.scrollIntoView({block: 'center'})")
    place = browser.run("(() => { const view = figures[1], chart = view.charts[0], meta = chart.getDatasetMeta(0).data[0];"
                        " const box = view.canvases[0].getBoundingClientRect(); return [box.left + meta.x, box.top + meta.y]; })()")
    browser.ask("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
    told = "figures[1].charts[0].tooltip.opacity > 0 ? figures[1].charts[0].tooltip.body.flatMap((one) => one.lines) : []"
    for _ in range(50):
        lines = browser.run(told)
        if lines:
            break
        time.sleep(0.1)
    check(lines and any(character.isdigit() for character in lines[0]), f"the pointer is told {lines}")


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
    check_needs(charts, store, experiment, systems)
    check_profiles(charts, store, experiment, systems)
    check_texts(browser, store, experiment, systems)
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
            if width == 1200 and not dark:
                check_controls(browser, store, experiment)
                check_hover(browser)
            check_markup(browser)
            wide = browser.run("document.documentElement.scrollWidth")
            check(wide <= width, f"the page is {wide} wide on a screen of {width}")
            grounds.append(browser.run("getComputedStyle(document.documentElement).backgroundColor"))
            problems.extend(f"{width} wide{', dark' if dark else ''}: {one}" for one in browser.problems)
    check(grounds[0] != grounds[1], "dark looks like light")
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main(*sys.argv[1:]))
