// States of the live board.
import type { Page } from 'playwright-core';
import type * as wire from '../src/wire.gen';
import * as make from './fixtures';
import { happened } from './happened';
import type { FakeServer } from './server';
import type { ScreenState } from './states';

const sofia = { id: 'sofia', name: 'Sofia Reyes', role: 'supervisor', language: '' };
const board = (change: Partial<wire.Snapshot> = {}) =>
  make.snapshot({ me: sofia, agent: null, board: make.board(), ...change });

const supervision = (mode: string): wire.Supervision => ({
  interaction_id: mode === '' ? '' : make.ID,
  mode,
  agent_name: 'Chika Ono',
  customer_name: 'Luis Prado',
  follow_agent_id: '',
  visible: true,
});

async function words(page: Page, server: FakeServer): Promise<void> {
  await page.locator('tr.selected').waitFor();
  for (const line of make.talk()) server.push('line', { ...line, leg: line.speaker });
  server.push('partial', make.partial());
  server.push('board', make.board());
  await page.locator('.partial').waitFor();
}

export const superviseStates: readonly ScreenState[] = [
  {
    name: 'supervisor',
    server: board,
    arrive: async (page, server) => {
      await page.getByRole('table').waitFor();
      await page.locator('.row-name', { hasText: 'Luis' }).click();
      await words(page, server);
    },
  },
  {
    name: 'supervisor-storage',
    server: () =>
      board({
        system: {
          ...make.snapshot().system,
          storage: {
            disk_free: 1_200_000_000,
            disk_full: false,
            stopped: 2,
            waiting: 14,
            sound_lost: true,
          },
        },
      }),
    arrive: async (page) => {
      await page.getByRole('table').waitFor();
      await page.locator('.banner').nth(3).waitFor();
    },
  },
  {
    name: 'supervisor-marks',
    server: board,
    prepare: (server) => {
      server.timeline = happened;
    },
    arrive: async (page, server) => {
      await page.getByRole('table').waitFor();
      await page.locator('.row-name', { hasText: 'Luis' }).click();
      await words(page, server);
      await page.locator('.rule').nth(4).waitFor();
    },
  },
  {
    name: 'supervisor-listening',
    server: () => board({ supervision: { ...supervision('listen'), follow_agent_id: 'chika' } }),
    arrive: async (page, server) => {
      await words(page, server);
      server.push('alert', {
        interaction_id: make.ID,
        code: 'phrase',
        params: { said: 'cancel everything' },
      });
      server.push('alert', { interaction_id: 'b3', code: 'raised_hand', params: {} });
      await page.locator('.alert').nth(1).waitFor();
    },
  },
  {
    name: 'supervisor-barging',
    server: () => board({ supervision: { ...supervision('barge'), visible: false } }),
    arrive: words,
  },
  {
    name: 'supervisor-took-over',
    server: () =>
      board({
        supervision: supervision('takeover'),
        call: make.call({ transferred: { from_name: 'Chika Ono', reason: '', mode: 'taken_over' } }),
        customer: make.customer(),
        lines: make.talk(),
      }),
    arrive: (page) => page.getByRole('log').waitFor(),
  },
  {
    name: 'supervisor-wraps-up',
    server: () =>
      board({
        board: { ...make.board(), calls: make.board().calls.filter((c) => c.interaction_id !== make.ID) },
        call: make.call({ state: 'wrap_up', ended_at: make.ago(8), ended_by: 'customer' }),
        customer: make.customer(),
        lines: make.talk(),
      }),
    arrive: (page) => page.getByRole('region', { name: /Wrap-up|後処理/ }).waitFor(),
  },
  {
    name: 'supervisor-quiet',
    server: () =>
      board({
        board: { ...make.board(), calls: [], agents: [], waiting: 0, longest_since: null, talking: 0 },
      }),
    arrive: (page) => page.getByRole('table').waitFor(),
  },
];
