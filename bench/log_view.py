"""P7: a log of a million lines in the browser.

`python -m bench.log_view [--lines N] [--repeats N]`: how soon the tail is in sight after the click, how soon any line
is, twenty lines by chance in each repeat, and how many elements the page ever has.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import time

from bench.log_world import LINE, with_postgres

LINES, REPEATS, JUMPS = 1_000_000, 5, 20
TARGET = "a million lines: tail visible within 1 s, any line within 200 ms, at most 2,000 elements (P7)"
GO = """async (seq) => {
  const box = document.getElementById('lv-line');
  box.value = seq;
  const begun = performance.now();
  box.form.requestSubmit();
  const there = () => {
    const row = document.getElementById('L' + seq);
    if (!row) return false;
    const text = row.querySelector('.lv-text').textContent;
    const at = row.getBoundingClientRect(), view = document.querySelector('.lv-view').getBoundingClientRect();
    return text !== '…' && at.top >= view.top && at.bottom <= view.bottom;
  };
  while (!there()) {
    if (performance.now() - begun > 20000) throw new Error('line ' + seq + ' never came');
    await new Promise((done) => requestAnimationFrame(done));
  }
  return [performance.now() - begun, document.querySelectorAll('*').length];
}"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.log_view")
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    with_postgres()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from playwright.sync_api import sync_playwright

    from bench.log_world import begin, cookie
    from bench.report import report, spread
    from bench.web import serving
    from execution.logs import append
    from execution.models import Run

    run = Run.objects.get(pk=begin(1)[0])
    call_command("collectstatic", interactive=False, verbosity=0)
    step = run.steps.get(key="save")
    for start in range(0, given.lines, 10_000):
        append(run, step, [LINE.format(number=start + each) for each in range(10_000)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('execution_logchunk')")
        size = cursor.fetchone()[0]
    name, value = cookie()
    connection.close()
    tails, jumps, nodes = [], [], []
    with serving() as url, sync_playwright() as driver:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": name, "value": value, "url": url}])
        page = context.new_page()
        for _ in range(given.repeats):
            page.goto("about:blank")
            begun = time.monotonic()
            page.goto(f"{url}/changes/{run.change_id}/log/", wait_until="commit")
            last = page.locator(f"#viewer.lv-live #L{run.last_seq} .lv-text")
            last.filter(has_text=f"copied extent {given.lines - 1} of").wait_for(state="visible")
            tails.append((time.monotonic() - begun) * 1000)
            for _ in range(JUMPS):
                took, count = page.evaluate(GO, random.randint(1, run.last_seq))  # noqa: S311 - any line will do
                jumps.append(took)
                nodes.append(count)
        browser.close()
    told = {
        "lines": run.last_seq,
        "log and its indexes in PostgreSQL, MB": round(size / 1e6, 1),
        "tail visible ms": spread(tails),
        "any line ms": spread(jumps),
        "any line, p95 ms": sorted(jumps)[int(len(jumps) * 0.95)],
        "elements at most": max(nodes),
    }
    fast = statistics.median(tails) <= 1000 and sorted(jumps)[int(len(jumps) * 0.95)] <= 200
    report("log_view", told, TARGET, given.lines >= LINES and fast and max(nodes) <= 2000)


if __name__ == "__main__":
    main()
