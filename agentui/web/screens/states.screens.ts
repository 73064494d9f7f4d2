// Every state of every screen: nothing breaks, nothing overflows, axe-core finds no barrier. With SHOTS=1 each is
// also photographed in both themes, both languages and two sizes, into a folder that is printed.
import { mkdtemp, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Look, launch, openPage } from './browser';
import { FakeServer } from './server';
import { states } from './states';

const shots = process.env.SHOTS === '1';
const small = { width: 1280, height: 720 };
const large = { width: 1440, height: 900 };
const looks: Look[] = shots
  ? (['light', 'dark'] as const).flatMap((theme) =>
      (['en', 'ja'] as const).flatMap((language) =>
        [large, small].map((size) => ({ theme, language, ...size })),
      ),
    )
  : [
      { theme: 'light', language: 'en', ...large },
      { theme: 'dark', language: 'ja', ...small },
    ];

// LOOK=dark-ja-1280 takes one of them.
const look = process.env.LOOK;

let browser: Browser;
let axe: string;
let folder = '';

beforeAll(async () => {
  browser = await launch();
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  if (shots) {
    folder = await mkdtemp(join(tmpdir(), 'patchbay-shots-'));
    process.stdout.write(`screenshots: ${folder}\n`);
  }
});

afterAll(() => browser.close());

const only = process.env.STATE?.split(',');

describe.each(states.filter((s) => !only || only.includes(s.name)))('$name', (state) => {
  test.each(looks.filter((l) => !look || look === `${l.theme}-${l.language}-${l.width}`))(
    '$theme $language $width',
    async (look) => {
      const server = new FakeServer(state.server());
      const url = await server.listen();
      const { page, problems } = await openPage(browser, look);
      try {
        await state.prepare?.(server, page);
        await page.goto(url);
        await state.arrive(page, server);
        await page.evaluate(() => document.fonts.ready);
        if (shots) {
          await page.waitForTimeout(250); // the fonts are drawn a frame after they are there
          const name = `${state.name}-${look.theme}-${look.language}-${look.width}.png`;
          await page.screenshot({ path: join(folder, name) });
        }
        expect(await barriers(page, axe)).toEqual([]);
        expect(await overflow(page), 'the page scrolls sideways').toBe(0);
        expect(await sticksOut(page), 'reaches out of its column').toEqual([]);
        expect(problems.filter((p) => !state.refused?.test(p))).toEqual([]);
      } finally {
        await page.context().close();
        await server.close();
      }
    },
  );
});

async function barriers(page: Page, source: string): Promise<string[]> {
  // By the debugger's way in: the page's own policy refuses scripts that are not from its server.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: source });
  const run = `axe.run(document, { runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'] })`;
  const { result } = await session.send('Runtime.evaluate', {
    expression: `${run}.then((r) => JSON.stringify(r.violations))`,
    awaitPromise: true,
    returnByValue: true,
  });
  const violations = JSON.parse(String(result.value)) as AxeResults['violations'];
  return violations.flatMap((v) =>
    v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary ?? ''}`),
  );
}

/** What reaches over the right edge of the column or panel that it is in, where that does not scroll sideways. */
function sticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.middle, .read, .sheet, .incoming, .side')].flatMap((box) => {
      const edge = box.getBoundingClientRect().right;
      return [...box.querySelectorAll('button, input, textarea, .rule, .tag')]
        .filter((e) => e.getBoundingClientRect().right > edge + 0.5 && e.closest('.hidden') === null)
        .map((e) => `${e.tagName} ${e.className} ${e.textContent?.slice(0, 30)}`);
    }),
  );
}

function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
