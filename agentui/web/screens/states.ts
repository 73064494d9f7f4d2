// Every state of the screens that somebody has to look at: what the server says, and what the person does then.
import type { Page } from 'playwright-core';
import * as make from './fixtures';
import { happened } from './happened';
import type { FakeServer } from './server';
import { adminStates } from './states-admin';
import { controlStates } from './states-control';
import { reviewStates } from './states-review';
import { superviseStates } from './states-supervise';

export interface ScreenState {
  readonly name: string;
  readonly server: () => ReturnType<typeof make.snapshot>;
  /** Before the page loads. */
  readonly prepare?: (server: FakeServer, page: Page) => Promise<void> | void;
  /** The refusal that the state is about, as the browser's console tells it. */
  readonly refused?: RegExp;
  /** What tells that the screen is there; and what the person does to get there. */
  readonly arrive: (page: Page, server: FakeServer) => Promise<void>;
}

const busy = { activity: 'talking', queue_waiting: 3, queue_longest: make.ago(108) };
const inCall = () =>
  make.snapshot({
    agent: make.agent(busy),
    call: make.call(),
    customer: make.customer(),
    lines: make.talk(),
    partials: [make.partial()],
  });
const log = (page: Page) => page.getByRole('log').waitFor();

export const states: readonly ScreenState[] = [
  {
    name: 'sign-in',
    server: make.snapshot,
    prepare: (server) => {
      server.signedIn = false;
    },
    arrive: (page) => page.locator('form').waitFor(),
  },
  {
    name: 'sign-in-wrong',
    server: make.snapshot,
    prepare: (server) => {
      server.signedIn = false;
    },
    arrive: async (page) => {
      await page.locator('input[name=user]').fill('akiko');
      await page.locator('input[name=password]').fill('not it');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').filter({ hasText: /./ }).waitFor();
    },
  },
  { name: 'idle', server: make.snapshot, arrive: log },
  {
    name: 'away-not-answering',
    server: () =>
      make.snapshot({ agent: make.agent({ presence: 'away', reason: 'not_answering' }), history: [] }),
    arrive: log,
  },
  {
    name: 'ringing',
    server: () =>
      make.snapshot({
        agent: make.agent({
          activity: 'offered',
          since: make.ago(3),
          queue_waiting: 1,
          queue_longest: make.ago(6),
        }),
        offer: make.offer(),
        customer: make.customer(),
      }),
    arrive: (page) => page.getByRole('alertdialog').waitFor(),
  },
  { name: 'in-call', server: inCall, arrive: log },
  {
    name: 'in-japanese',
    server: () => ({ ...inCall(), lines: make.talkInJapanese(), partials: [] }),
    arrive: async (page) => {
      await page.locator('.english').nth(1).waitFor();
    },
  },
  {
    name: 'held',
    server: () => ({ ...inCall(), partials: [], call: make.call() }),
    arrive: async (page, server) => {
      await log(page);
      server.push('call', make.call({ held: true }));
      await page.locator('.rule').nth(1).waitFor();
    },
  },
  {
    name: 'muted',
    server: () => ({ ...inCall(), call: make.call({ muted: true }) }),
    arrive: log,
  },
  {
    name: 'heard-again',
    server: inCall,
    prepare: (server) => {
      server.recordedMS = 0; // it waits for the seal: the state stays
    },
    arrive: async (page) => {
      await page.locator('.word').nth(8).click();
      await page.locator('.again:not(.gone)').waitFor();
    },
  },
  {
    name: 'wrap-up',
    server: () => ({
      ...inCall(),
      partials: [],
      agent: make.agent({ activity: 'wrap_up', since: make.ago(12) }),
      call: make.call({
        state: 'wrap_up',
        ended_at: make.ago(12),
        ended_by: 'customer',
        note: 'Moved to the 21st; confirmation to the new address.',
      }),
    }),
    arrive: async (page) => {
      await page.locator('.chip').first().waitFor();
      await page.keyboard.press('3');
    },
  },
  {
    name: 'unknown-caller',
    server: () => ({
      ...inCall(),
      call: make.call({ match: 'none' }),
      customer: null,
      candidates: { interaction_id: make.ID, number: make.NUMBER, items: [] },
    }),
    arrive: log,
  },
  {
    name: 'withheld-ringing',
    server: () =>
      make.snapshot({
        agent: make.agent({ activity: 'offered', since: make.ago(3) }),
        offer: make.offer({ from: '', customer_name: '' }),
        candidates: { interaction_id: make.ID, number: '', items: [] },
      }),
    arrive: (page) => page.getByRole('alertdialog').waitFor(),
  },
  {
    name: 'candidates',
    server: () => ({
      ...inCall(),
      lines: make.talk().slice(0, 1),
      call: make.call({ match: 'several' }),
      customer: null,
      candidates: { interaction_id: make.ID, number: make.NUMBER, items: [make.customer(), ...make.others] },
    }),
    arrive: log,
  },
  {
    name: 'correction',
    server: inCall,
    prepare: (server) => {
      server.customers = make.others;
    },
    arrive: async (page) => {
      await page.locator('.not-this').click();
      await page.getByRole('searchbox').fill('Tanaka');
      await page.locator('.person').first().waitFor();
    },
  },
  {
    name: 'offline',
    server: inCall,
    arrive: async (page, server) => {
      await log(page);
      server.accepts = false;
      server.cut();
      await page.locator('.banner').first().waitFor();
    },
  },
  {
    name: 'notices',
    server: () => ({
      ...inCall(),
      system: {
        transcription: 'off',
        transcription_reason: 'the model “base” is missing. Type: patchbay models pull base',
        transcription_leaves: '',
        transcription_behind: false,
        database: 'lost',
        shutting_down: false,
        storage: { disk_free: 0, disk_full: false, stopped: 0, waiting: 0, sound_lost: false },
      },
    }),
    prepare: async (_server, page) => {
      await page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
      });
    },
    arrive: (page) => page.locator('.banner').nth(2).waitFor(),
  },
  {
    name: 'call-marks',
    server: inCall,
    prepare: (server) => {
      server.timeline = happened;
    },
    arrive: async (page) => {
      await log(page);
      await page.locator('.rule').nth(5).waitFor();
    },
  },
  {
    name: 'other-tab',
    server: () => make.snapshot({ phone: { owner: false, taken: true, state: 'none' } }),
    arrive: (page) => page.locator('.banner').first().waitFor(),
  },
  {
    name: 'long-words',
    server: () => ({
      ...inCall(),
      customer: {
        ...make.customer(),
        name: 'Maximiliane Freifrau von Hohenstein-Wallenberg',
        organisation: 'Hohenstein Reisen und Kulturveranstaltungen GmbH',
        town: 'Bad Königshofen im Grabfeld',
        note: Array.from({ length: 40 }, (_, i) => `Line ${i + 1} of a long note.`).join('\n'),
      },
      lines: Array.from({ length: 60 }, (_, i) =>
        make.line(
          `x${i}`,
          i % 2 ? 'agent' : 'customer',
          i * 5,
          `Sentence number ${i} of a call that goes on for long.`,
        ),
      ),
    }),
    arrive: async (page) => {
      await log(page);
      await page.getByRole('log').evaluate((element) => {
        element.scrollTop = 200;
      });
      await page.locator('.to-end:not(.gone)').waitFor();
    },
  },
  {
    name: 'sound-panel',
    server: make.snapshot,
    arrive: async (page) => {
      await page.locator('[popovertarget=sound-panel]').click();
      await page.getByRole('meter').waitFor();
    },
  },
  {
    name: 'keyboard-help',
    server: make.snapshot,
    arrive: async (page) => {
      await log(page);
      await page.keyboard.press('?');
      await page.locator('.keys').waitFor();
    },
  },
  ...controlStates,
  ...reviewStates,
  ...adminStates,
  ...superviseStates,
];
