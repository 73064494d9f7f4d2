// States of the review pages.
import * as make from './fixtures';
import { REVIEWED } from './fixtures-review';
import type { ScreenState } from './states';

const sofia = { id: 'sofia', name: 'Sofia Reyes', role: 'supervisor', language: '' };
const board = () => make.snapshot({ me: sofia, agent: null, board: make.board() });

export const reviewStates: readonly ScreenState[] = [
  {
    name: 'review',
    server: board,
    arrive: async (page) => {
      await page.evaluate((id) => {
        location.hash = `#/interactions/${id}?at=36000`;
      }, REVIEWED);
      await page.locator('.line.spoken').waitFor();
      await page.locator('.note-list li').nth(1).waitFor();
    },
  },
  {
    name: 'review-live',
    server: make.snapshot,
    prepare: (server) => {
      const { interaction, peaks } = server.review;
      server.review.interaction = { ...interaction, state: 'active', ended_at: null };
      server.review.peaks = peaks && { ...peaks, live: true, damage: ['segment 3'] };
    },
    arrive: async (page) => {
      await page.evaluate((id) => {
        location.hash = `#/interactions/${id}`;
      }, REVIEWED);
      await page.locator('.waveform').waitFor();
    },
  },
  {
    name: 'review-silent',
    server: make.snapshot,
    prepare: (server) => {
      server.review.peaks = null;
      server.review.lines = [];
      server.review.notes = [];
    },
    arrive: async (page) => {
      await page.evaluate((id) => {
        location.hash = `#/interactions/${id}`;
      }, REVIEWED);
      await page.locator('.deck-none').waitFor();
    },
  },
  {
    name: 'recent',
    server: make.snapshot,
    arrive: async (page) => {
      await page.evaluate(() => {
        location.hash = '#/search';
      });
      await page.locator('.recent .row-name').waitFor();
    },
  },
  {
    name: 'words-said',
    server: make.snapshot,
    arrive: async (page) => {
      await page.getByRole('log').waitFor();
      await page.keyboard.press('/');
      await page.locator('#search-all').fill('fourteenth'); // not the desk's own box, which stands there until the page has changed
      await page.locator('.hit mark').waitFor();
    },
  },
  {
    name: 'browsing',
    server: make.snapshot,
    prepare: (server) => {
      server.customers = [make.customer(), ...make.others];
    },
    arrive: async (page) => {
      await page.getByRole('searchbox').fill('Tanaka');
      await page.locator('.person').first().click();
      await page.locator('.call-out').first().waitFor();
    },
  },
];
