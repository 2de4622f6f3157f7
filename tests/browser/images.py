# Opens the page of an experiment that generates images in a headless Chromium.
#
# images.py PAGE DATABASE. Exit code: 0 all well; 1 what is wrong is printed; 77 there is no browser.
import base64
import sqlite3
import sys

import chromium

problems = []


def check(holds, what):
    if not holds:
        problems.append(what)


def main(page, database):
    if not chromium.find():
        return 77
    stored = [row[0] for row in sqlite3.connect(f"file:{database}?mode=ro", uri=True).execute(
        "SELECT image FROM sample WHERE image IS NOT NULL ORDER BY step")]
    check(stored, "the store has no image")
    with chromium.Browser(390, 900, True) as browser:
        browser.open(page)
        shown = browser.run("[...document.querySelectorAll('main img')].map((one) => [one.src, one.alt, one.naturalWidth,"
                            " one.getBoundingClientRect().width])")
        check([base64.b64decode(source.split(",")[1]) for source, *_ in shown] == stored, "other images than the store's")
        for _, words, width, drawn in shown:
            check("Generated images" in words and "step" in words, f"an image says {words!r}")
            check(width > 0 and drawn > 0, f"an image is {width} wide, and drawn {drawn} wide")
        problems.extend(browser.problems)
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main(*sys.argv[1:]))
