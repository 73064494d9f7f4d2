// States of administration, and of what supervisors decide on the page of an interaction.
import type { Page } from 'playwright-core';
import * as make from './fixtures';
import { REVIEWED } from './fixtures-review';
import { type FakeServer, Refusal } from './server';
import type { ScreenState } from './states';

const admin = { id: 'admin', name: 'Administrator', role: 'admin', language: '' };
const board = () => make.snapshot({ me: admin, agent: null, board: make.board() });

async function show(page: Page, section: string): Promise<void> {
  await page.locator('.pages a').nth(2).waitFor();
  await page.evaluate((id) => {
    location.hash = `#/admin/${id}`;
  }, section);
  await page.locator('.admin-head').waitFor();
}

const state = (
  name: string,
  section: string,
  then: (page: Page, server: FakeServer) => Promise<void>,
  prepare?: (server: FakeServer) => void,
): ScreenState => ({
  name,
  server: board,
  ...(prepare ? { prepare, refused: /status of (400|409|503)/ } : {}),
  arrive: async (page, server) => {
    await show(page, section);
    await then(page, server);
  },
});

const rows = (page: Page) => page.locator('table.data tbody tr').first().waitFor();
const reviewed = async (page: Page) => {
  await page.evaluate((id) => {
    location.hash = `#/interactions/${id}`;
  }, REVIEWED);
  await page.locator('.keeping .danger').waitFor();
};

export const adminStates: readonly ScreenState[] = [
  state('admin-users', 'users', rows),
  state('admin-user', 'users', async (page) => {
    await page.locator('.row-name', { hasText: 'Akiko' }).click();
    await page.locator('.sign-ins li').nth(1).waitFor();
  }),
  state('admin-user-supervisor', 'users', async (page) => {
    await page.locator('.row-name', { hasText: 'Sofia' }).click();
    await page.locator('.checks .tick').first().waitFor();
  }),
  state('admin-user-new', 'users', async (page) => {
    await page.locator('.admin-head .primary').click();
    await page.locator('.admin-form .input').first().fill('Not a name!');
    await page.locator('.admin-form .primary').click();
    await page.locator('.field-problem', { hasText: /./ }).nth(1).waitFor();
  }),
  state('admin-user-password', 'users', async (page) => {
    await page.locator('.admin-head .primary').click();
    await page.locator('.admin-form .input').first().fill('dora');
    await page.locator('.admin-form .input').nth(1).fill('Dora Lind');
    await page.locator('.admin-form .primary').click();
    await page.locator('.secret').waitFor();
  }),
  state('admin-user-delete', 'users', async (page) => {
    await page.locator('.row-name', { hasText: 'Akiko' }).click();
    await page.locator('.admin-more .danger').click();
    await page.locator('dialog[open]').waitFor();
  }),
  state(
    'admin-user-refused',
    'users',
    async (page) => {
      await page.locator('.row-name', { hasText: 'Akiko' }).click();
      await page.locator('.admin-form select').first().selectOption('agent');
      await page.locator('.admin-form .input').first().fill('Akiko Ono');
      await page.locator('.admin-form .primary').click();
      await page.locator('.admin-form [role=alert]', { hasText: /./ }).waitFor();
    },
    (server) => {
      server.admin['PATCH /users/akiko'] = new Refusal(409, 'last_admin', 'This is the last administrator.');
    },
  ),
  state('admin-queues', 'queues', rows),
  state('admin-queue', 'queues', async (page) => {
    await page.locator('.row-name', { hasText: 'Bookings' }).click();
    await page.locator('input[type=number]').fill('30');
    await page.locator('.field-hint .waiting').waitFor();
  }),
  state('admin-codes', 'codes', rows),
  state('admin-words', 'words', rows),
  state('admin-words-large', 'words', async (page) => {
    await rows(page);
    await page.locator('input[type=file]').setInputFiles({
      name: 'all.csv',
      mimeType: 'text/csv',
      buffer: Buffer.alloc(1_000_001, 'a'),
    });
    await page.locator('.field-problem[role=alert]', { hasText: /./ }).waitFor();
  }),
  state('admin-phrases', 'phrases', async (page) => {
    await rows(page);
    await page.locator('.trial textarea').fill('I want to speak to your manager at once.');
    await page.locator('.trial mark').waitFor();
  }),
  state('admin-cues', 'cues', rows),
  state('admin-masks', 'masks', async (page) => {
    await rows(page);
    await page
      .locator('.trial textarea')
      .fill('My membership is KX-1234,\nand the card is 4111 1111 1111 1111.');
    await page.locator('.trial .tag').first().waitFor();
  }),
  state(
    'admin-masks-bad',
    'masks',
    async (page) => {
      await rows(page);
      await page.locator('table.edit .mono').first().fill('\\d+');
      await page.locator('.save-bar .primary').click();
      await page.locator('.save-bar [role=alert]', { hasText: /./ }).waitFor();
    },
    (server) => {
      const detail =
        'Membership: "\\\\d+" fits texts shorter than 3 characters, which would mask ordinary words: ask for more, such as \\d{6} instead of \\d+.';
      server.admin['PUT /masks'] = new Refusal(400, 'bad_mask', detail);
    },
  ),
  state('admin-kept', 'kept', async (page) => {
    await page.locator('.row-name', { hasText: 'Haruto' }).waitFor();
  }),
  state('admin-originals', 'originals', rows),
  state('admin-originals-read', 'originals', async (page) => {
    await page.locator('td .button').first().click();
    await page.locator('dialog[open] textarea').fill('The bank asks which card it was.');
    await page.locator('dialog[open] .primary').click();
    await page.locator('.originals li').waitFor();
  }),
  state('admin-webhooks', 'webhooks', rows),
  state('admin-webhook', 'webhooks', async (page) => {
    await page.locator('.row-name', { hasText: 'operations' }).click();
    await page.locator('.messages li').nth(3).waitFor();
    await page.locator('.admin-more .button').first().click();
    await page.locator('.admin-more [role=status]', { hasText: /./ }).waitFor();
  }),
  state('admin-webhook-fixed', 'webhooks', async (page) => {
    await page.locator('.row-name', { hasText: '127.0.0.1' }).click();
    await page.locator('.messages li').first().waitFor();
  }),
  state('admin-webhook-new', 'webhooks', async (page) => {
    await page.locator('.admin-head .primary').click();
    await page.locator('.admin-form input[type=radio]').nth(1).check();
    await page.locator('.admin-form .input').first().fill('http://ops.example.com/');
    await page.locator('.admin-form .primary').click();
    await page.locator('.field-problem', { hasText: /./ }).nth(1).waitFor();
  }),
  state('admin-tokens', 'tokens', rows),
  state('admin-token-made', 'tokens', async (page) => {
    await rows(page);
    await page.locator('.admin-head .primary').click();
    await page.locator('.admin-form .input').first().fill('Wallboard in the hall');
    await page.locator('.admin-form select').selectOption('sofia');
    await page.locator('.admin-form .primary').click();
    await page.locator('.secret').waitFor();
  }),
  state('admin-audit', 'audit', rows),
  state('admin-system', 'system', rows),
  {
    name: 'admin-storage',
    server: () => ({
      ...board(),
      system: {
        ...make.snapshot().system,
        storage: { disk_free: 0, disk_full: true, stopped: 1, waiting: 0, sound_lost: false },
      },
    }),
    arrive: async (page) => {
      await show(page, 'system');
      await page.locator('.banner a').first().waitFor();
      await rows(page);
    },
  },
  state(
    'admin-lost',
    'users',
    (page) => page.locator('.admin-none[role=alert]').waitFor(),
    (server) => {
      server.admin['GET /users'] = new Refusal(
        503,
        'records_unavailable',
        'The records cannot be reached just now.',
      );
    },
  ),
  {
    name: 'admin-not-allowed',
    server: () =>
      make.snapshot({ me: { ...admin, id: 'sofia', role: 'supervisor' }, agent: null, board: make.board() }),
    arrive: async (page) => {
      await page.getByRole('table').waitFor();
      await page.evaluate(() => {
        location.hash = '#/admin/users';
      });
      await page.locator('.admin-main [role=alert]', { hasText: /./ }).waitFor();
    },
  },
  {
    name: 'review-kept',
    server: board,
    arrive: async (page) => {
      await reviewed(page);
      await page.locator('.waveform').waitFor();
      await page.locator('.keeping .button').first().click();
      await page.locator('.keeping .tag').waitFor();
    },
  },
  {
    name: 'review-erase',
    server: board,
    arrive: async (page) => {
      await reviewed(page);
      await page.locator('.keeping .danger').click();
      await page.locator('dialog[open] li').nth(2).waitFor();
    },
  },
  {
    name: 'review-held',
    server: board,
    prepare: (server) => {
      const content = {
        hold_at: make.ago(86_400),
        hold_reason: 'Letter of a lawyer, 14 November',
        erased_at: null,
        erased_reason: '',
      };
      server.review.interaction = { ...server.review.interaction, content };
    },
    arrive: async (page) => {
      await reviewed(page);
      await page.locator('.keeping .tag').waitFor();
    },
  },
  {
    name: 'review-hold',
    server: board,
    arrive: async (page) => {
      await reviewed(page);
      await page.locator('.keeping .button').nth(1).click();
      await page.locator('dialog[open] textarea').waitFor();
    },
  },
];
