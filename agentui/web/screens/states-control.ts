// States of call control: what floats over the call, who is in it, what is kept of it.
import type { Page } from 'playwright-core';
import * as make from './fixtures';
import type { ScreenState } from './states';

const inCall = (change: Parameters<typeof make.call>[0] = {}) =>
  make.snapshot({
    agent: make.agent({ activity: 'talking', queue_waiting: 3, queue_longest: make.ago(108) }),
    call: make.call(change),
    customer: make.customer(),
    lines: make.talk(),
    partials: [make.partial()],
  });
const log = (page: Page) => page.getByRole('log').waitFor();
const me = make.call().parties;
const sentIn = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

export const controlStates: readonly ScreenState[] = [
  {
    name: 'stopped-under-hold',
    server: () => inCall({ recording: { state: 'refused', reason: 'legal_hold' } }),
    arrive: log,
  },
  {
    name: 'keypad',
    server: inCall,
    arrive: async (page) => {
      await log(page);
      await page.keyboard.press('Alt+k');
      await page.keyboard.type('4711#');
      await page.locator('.keyed', { hasText: '4711#' }).waitFor();
    },
  },
  {
    name: 'keypad-sensitive',
    server: () =>
      inCall({
        sensitive: { since: make.ago(20), until: sentIn(92), by: 'akiko' },
        recording: { state: 'paused', reason: '' },
      }),
    arrive: async (page) => {
      await log(page);
      await page.keyboard.press('Alt+k');
      await page.keyboard.type('4111');
    },
  },
  {
    name: 'transfer',
    server: inCall,
    arrive: async (page) => {
      await log(page);
      await page.keyboard.press('Alt+r');
      await page.locator('.target').nth(1).click();
      await page.locator('.targets .field input').fill('Wants the 21st instead of the 14th; the fare stays');
    },
  },
  {
    name: 'transfer-refused',
    server: inCall,
    arrive: async (page, server) => {
      server.refuse = (m) =>
        m.type === 'transfer'
          ? { code: 'not_allowed', message: 'This number may not be called from here.' }
          : undefined;
      await log(page);
      await page.keyboard.press('Alt+r');
      await page.keyboard.type('+1 900 555 0100');
      await page.locator('.sheet-actions .button').nth(1).click();
      await page.locator('.sheet [role=alert]', { hasText: /./ }).waitFor();
    },
  },
  {
    name: 'consulting',
    server: () =>
      inCall({
        consult: { party_id: 'agent-2', speaking_to: 'consultant' },
        parties: [
          make.party('customer', { state: 'held' }),
          ...me.slice(1),
          make.ben({ state: 'consulting' }),
        ],
      }),
    arrive: log,
  },
  {
    name: 'consulted',
    server: () =>
      inCall({
        consult: { party_id: 'agent-2', speaking_to: 'consultant' },
        transferred: {
          from_name: 'Ben Ito',
          reason: 'Can the ticket still be moved to the 21st?',
          mode: 'consult',
        },
        parties: [
          make.party('customer', { state: 'held' }),
          ...me.slice(1),
          make.ben({ state: 'consulting' }),
        ],
      }),
    arrive: log,
  },
  {
    name: 'conference',
    server: () =>
      inCall({
        recording: { state: 'asking', reason: '' },
        hand_raised: true,
        supervisors: [{ name: 'Sofia Reyes', mode: 'whisper' }],
        parties: [
          ...me,
          make.ben({ muted: true }),
          make.party('number-1', { kind: 'number', number: '+12025550171', state: 'ringing' }),
          make.party('number-2', {
            kind: 'number',
            number: '+12025550199',
            state: 'failed',
            cause: 'no_such_number',
          }),
          make.party('guest-1', { kind: 'guest', name: 'Haruto Tanaka' }),
        ],
      }),
    arrive: log,
  },
  {
    name: 'recording-paused',
    server: () => inCall({ recording: { state: 'paused', reason: '' } }),
    arrive: log,
  },
  {
    name: 'listened-to',
    server: () => inCall({ supervisors: [{ name: 'Sofia Reyes', mode: 'listen' }] }),
    arrive: log,
  },
  {
    name: 'do-not-record',
    server: inCall,
    arrive: async (page) => {
      await log(page);
      await page.locator('.strip .button').nth(2).click();
      await page.locator('.strip.confirm').waitFor();
    },
  },
  {
    name: 'calling-out',
    server: () =>
      inCall({
        direction: 'outbound',
        answered_at: '0001-01-01T00:00:00Z',
        recording: { state: 'off', reason: '' },
        parties: [make.party('customer', { state: 'dialling', number: make.NUMBER }), ...me.slice(1)],
      }),
    arrive: log,
  },
  {
    name: 'ringing-transferred',
    server: () =>
      make.snapshot({
        agent: make.agent({ activity: 'offered', since: make.ago(3) }),
        offer: make.offer({
          transferred: {
            from_name: 'Ben Ito',
            reason: 'Wants the 21st instead of the 14th. I promised that the fare stays.',
            mode: 'blind',
          },
        }),
        customer: make.customer(),
        lines: make.talk(),
      }),
    arrive: (page) => page.getByRole('alertdialog').waitFor(),
  },
];
