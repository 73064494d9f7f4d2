// Administration as a person does it, by accessible names and by keyboard, in a real browser.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch, openPage } from './browser';
import * as make from './fixtures';
import { REVIEWED } from './fixtures-review';
import { FakeServer, Refusal } from './server';

let browser: Browser;
let server: FakeServer;
let page: Page;
let url: string;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

beforeEach(async () => {
  const me = { id: 'admin', name: 'Administrator', role: 'admin', language: '' };
  server = new FakeServer(make.snapshot({ me, agent: null, board: make.board() }));
  url = await server.listen();
  ({ page } = await openPage(browser, { theme: 'light', language: 'en', width: 1440, height: 900 }));
  await page.goto(url);
  await page.getByRole('link', { name: 'Administration', exact: true }).click();
  await page.getByRole('table', { name: 'Users' }).waitFor();
});
afterEach(async () => {
  await page.context().close();
  await server.close();
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const section = (name: string) =>
  page
    .getByRole('navigation', { name: 'Sections of administration' })
    .getByRole('link', { name, exact: true })
    .click();

async function changed(what: string): Promise<unknown> {
  await expect
    .poll(() => server.changes.find((c) => c.what === what), { timeout: 20_000, interval: 25 })
    .toBeDefined();
  return server.changes.find((c) => c.what === what)?.body;
}

test('a new user is made by keyboard, and the password is shown once', async () => {
  await button('Add user').focus();
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: 'New user' });
  await panel.getByRole('textbox', { name: 'Sign-in' }).focus();
  await page.keyboard.type('dora');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Dora Lind');
  await panel.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'Supervisor' });
  await panel.getByRole('checkbox', { name: 'Changes' }).focus();
  await page.keyboard.press('Space');
  await button('Create user').focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Password of Dora Lind' });
  await dialog.getByText('QWZ5TGVX2LK7MHDFB3SAYNRJCP').waitFor();
  expect(await changed('POST /users')).toEqual({
    id: 'dora',
    name: 'Dora Lind',
    role: 'supervisor',
    language: '',
    queues: ['Changes'],
    all_queues: false,
  });
  await dialog.getByRole('button', { name: 'I have noted it' }).click();
  await dialog.waitFor({ state: 'detached' });
});

test('a supervisor has all queues, or those that are chosen', async () => {
  await button('Sofia Reyes').click();
  const panel = page.getByRole('complementary', { name: 'Sofia Reyes' });
  const all = panel.getByRole('checkbox', { name: 'All queues' });
  expect(await all.isChecked()).toBe(true);
  expect(await panel.getByRole('checkbox', { name: 'Changes' }).count()).toBe(0);
  await all.uncheck();
  await panel.getByRole('checkbox', { name: 'Changes' }).check();
  await button('Save').click();
  expect(await changed('PATCH /users/sofia')).toMatchObject({ all_queues: false, queues: ['Changes'] });
});

test('who is in the record is disabled where somebody deletes them, and that is said', async () => {
  await button('Akiko Mori').click();
  await button('Delete').click();
  const dialog = page.getByRole('alertdialog', { name: 'Delete Akiko Mori?' });
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog.getByText('they were disabled, not removed').waitFor();
  await changed('DELETE /users/akiko');
  await dialog.getByRole('button', { name: 'Close' }).click();
});

test('what an administrator cannot do to themselves is disabled, with the reason', async () => {
  await page
    .getByRole('table', { name: 'Users' })
    .getByRole('button', { name: 'Administrator', exact: true })
    .click();
  const remove = button('Delete');
  expect(await remove.getAttribute('aria-disabled')).toBe('true');
  expect(await remove.getAttribute('aria-description')).toContain('Ask another administrator');
});

test('a refusal is told in words, and the form keeps what was written', async () => {
  server.admin['PATCH /users/akiko'] = new Refusal(409, 'last_admin', 'x');
  await button('Akiko Mori').click();
  const name = page.getByRole('complementary').getByRole('textbox', { name: 'Name' });
  await name.fill('Akiko Ono');
  await button('Save').click();
  await page.getByRole('alert').filter({ hasText: 'last administrator' }).waitFor();
  expect(await name.inputValue()).toBe('Akiko Ono');
});

test('a queue is changed as a whole', async () => {
  await section('Queues');
  await button('Bookings').click();
  const panel = page.getByRole('complementary', { name: 'Bookings' });
  await panel.getByRole('textbox', { name: 'Numbers' }).fill('+12025550100\n (202) 555-0101 ');
  await panel.getByRole('checkbox', { name: 'Ben Ito' }).uncheck();
  await panel.getByRole('radio', { name: /Ask the caller/ }).check();
  await panel.getByRole('spinbutton', { name: 'Days that calls are kept' }).fill('30');
  await panel.getByText('Fewer days than now').waitFor();
  await button('Save').click();
  expect(await changed('PATCH /queues/q1')).toMatchObject({
    numbers: ['+12025550100', '(202) 555-0101'],
    recording: 'ask',
    retention_days: 30,
    users: ['akiko', 'chika', 'max'],
  });
  await page.getByRole('status').filter({ hasText: 'Saved.' }).waitFor();
});

test('words are imported from a file, written down, and exported', async () => {
  await section('Vocabulary');
  await page.getByRole('table', { name: 'Vocabulary' }).waitFor();
  await page.getByLabel('File with words, a line each').setInputFiles({
    name: 'words.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('Word,Sounds like\nOnsen,on sen,own sen\n"Café, Rosa"\n'),
  });
  await page.getByText('2 words read').waitFor();
  await page.getByRole('textbox', { name: 'Sounds like Café, Rosa' }).fill('cafe rosa,');
  await button('Save').click();
  expect(await changed('PUT /vocabulary')).toEqual({
    items: [
      { queue: 'Bookings', language: 'ja', terms: [{ text: '山吹旅館', sounds_like: [] }] },
      {
        queue: '',
        language: '',
        terms: [
          { text: 'Onsen', sounds_like: ['on sen', 'own sen'] },
          { text: 'Café, Rosa', sounds_like: ['cafe rosa'] },
        ],
      },
    ],
  });
  await page.getByRole('status').filter({ hasText: 'Saved.' }).waitFor();
  const download = page.waitForEvent('download');
  await button('Export').click();
  expect((await download).suggestedFilename()).toBe('words.csv');
});

test('patterns are tried with what is written now, before they are saved', async () => {
  await section('Masking');
  await page.getByRole('table', { name: 'Your patterns' }).waitFor();
  await button('Add pattern').click();
  await page.getByRole('textbox', { name: 'Name of pattern 3' }).fill('Case');
  await page.getByRole('textbox', { name: 'Pattern Case', exact: true }).fill('C-\\d{5}');
  await page.getByRole('textbox', { name: 'Text to try the rules on' }).fill('It is C-12345');
  expect(await changed('POST /masks/test')).toBeDefined();
  const tried = () => server.changes.filter((c) => c.what === 'POST /masks/test').at(-1)?.body;
  await expect.poll(tried, { timeout: 20_000, interval: 25 }).toEqual({
    text: 'It is C-12345',
    patterns: [
      { name: 'Membership', pattern: '\\bKX-?\\d{4}\\b', active: true },
      { name: 'Old voucher', pattern: 'V\\d{8}', active: false },
      { name: 'Case', pattern: 'C-\\d{5}', active: true },
    ],
  });
  expect(server.changes.some((c) => c.what === 'PUT /masks')).toBe(false);
  await button('Save').click();
  await changed('PUT /masks');
});

test('what was said is erased only after the consequences were read', async () => {
  await page.evaluate((id) => {
    location.hash = `#/interactions/${id}`;
  }, REVIEWED);
  await button('Erase…').click();
  const dialog = page.getByRole('alertdialog', { name: 'Erase what was said, for good?' });
  await dialog.getByText('The key of the recording is destroyed').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(server.changes).toEqual([]);
  await button('Erase…').click();
  await dialog.getByRole('button', { name: 'Erase for good' }).click();
  await changed(`DELETE /interactions/${REVIEWED}/content`);
});

test('a legal hold takes a reason', async () => {
  await page.evaluate((id) => {
    location.hash = `#/interactions/${id}`;
  }, REVIEWED);
  await button('Set legal hold').click();
  const dialog = page.getByRole('dialog', { name: 'Set a legal hold?' });
  await dialog.getByRole('button', { name: 'Set legal hold' }).focus();
  await page.keyboard.press('Enter'); // it is not there to be pressed yet, and says why
  expect(server.changes).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Reason, for those who read it later' }).fill('A court asks.');
  await dialog.getByRole('button', { name: 'Set legal hold' }).click();
  expect(await changed(`PUT /interactions/${REVIEWED}/legal_hold`)).toEqual({ reason: 'A court asks.' });
});

test('a receiver of alerts is added by keyboard, and its secret is shown once', async () => {
  await section('Webhooks');
  await button('Add receiver').first().focus();
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: 'New receiver' });
  await panel.getByRole('textbox', { name: 'Address' }).focus();
  await page.keyboard.type('http://ops.example.com/');
  await page.keyboard.press('Enter');
  await panel.getByText('Write an https address').waitFor();
  await panel.getByRole('textbox', { name: 'Address' }).fill('https://ops.example.com/patchbay');
  await panel.getByRole('radio', { name: 'Only these' }).focus();
  await page.keyboard.press('Space');
  await panel.getByRole('checkbox', { name: 'Disk nearly full' }).focus();
  await page.keyboard.press('Space');
  await panel.getByRole('button', { name: 'Add receiver' }).focus();
  await page.keyboard.press('Enter');
  expect(await changed('POST /webhooks')).toEqual({
    url: 'https://ops.example.com/patchbay',
    alerts: ['disk_low'],
    secret: '',
  });
  const dialog = page.getByRole('dialog', { name: 'Secret of the receiver' });
  await dialog.getByText('whsec_').waitFor();
  await dialog.getByRole('button', { name: 'I have noted it' }).click();
  await page.getByRole('complementary', { name: /operations/ }).waitFor();
});

test('a receiver is tried, turned off and removed; one of the configuration only tried', async () => {
  await section('Webhooks');
  await page.getByRole('button', { name: /operations/ }).click();
  await button('Send a test').click();
  await changed('POST /webhooks/hook_b/test');
  await page.getByRole('status').filter({ hasText: 'The test arrived.' }).waitFor();
  await page.getByText('It answered 503: it fails.').first().waitFor();
  await button('Turn off').click();
  expect(await changed('PATCH /webhooks/hook_b')).toEqual({ active: false });
  await button('Remove').click();
  const dialog = page.getByRole('alertdialog', { name: 'Remove this receiver?' });
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(server.changes.some((c) => c.what === 'DELETE /webhooks/hook_b')).toBe(false);
  await button('Remove').click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await changed('DELETE /webhooks/hook_b');
  await page.getByRole('button', { name: /127\.0\.0\.1/ }).click();
  expect(await button('Remove').getAttribute('aria-disabled')).toBe('true');
  expect(await button('Remove').getAttribute('aria-description')).toContain('--webhooks');
});

test('a token is made for a program, shown once, and revoked', async () => {
  await section('API tokens');
  await button('Make token').first().click();
  const panel = page.getByRole('complementary', { name: 'New token' });
  await panel.getByRole('textbox', { name: 'What it is for' }).fill('Wallboard');
  await panel.getByRole('button', { name: 'Make token' }).click();
  await panel.getByText('Choose for whom the program acts.').waitFor();
  await panel.getByRole('combobox', { name: 'Acts for' }).selectOption({ label: 'Sofia Reyes · Supervisor' });
  await panel.getByRole('button', { name: 'Make token' }).click();
  expect(await changed('POST /users/sofia/tokens')).toEqual({ name: 'Wallboard', expires_at: null });
  const dialog = page.getByRole('dialog', { name: 'Token “Wallboard”' });
  await dialog.getByText('pb_3kq9').waitFor();
  await dialog.getByRole('button', { name: 'I have noted it' }).click();
  await page.getByRole('button', { name: 'Revoke Wallboard in the hall' }).click();
  await page
    .getByRole('alertdialog', { name: 'Revoke “Wallboard in the hall”?' })
    .getByRole('button', { name: 'Revoke' })
    .click();
  await changed('DELETE /tokens/t1');
});

test('what was masked is shown only for a reason, and a refusal shows nothing', async () => {
  await section('Masked originals');
  await page.getByText('Sofia Reyes (in all 1 ×)').waitFor();
  await button('Show…').first().click();
  const dialog = page.getByRole('dialog', { name: 'Why must what was masked be read?' });
  await dialog.getByRole('button', { name: 'Show…' }).focus();
  await page.keyboard.press('Enter'); // no reason yet
  expect(server.changes).toEqual([]);
  const path = `POST /interactions/${REVIEWED}/originals`;
  const answer = server.admin[path];
  server.admin[path] = new Refusal(503, 'not_audited', 'x');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('The bank asks.');
  await dialog.getByRole('button', { name: 'Show…' }).click();
  await dialog.getByRole('alert').filter({ hasText: 'audit log' }).waitFor();
  server.admin[path] = answer;
  await dialog.getByRole('button', { name: 'Show…' }).click();
  const shown = page.getByRole('dialog', { name: 'What was masked' });
  await shown.getByText('4111 1111 1111 1111').waitFor();
  expect(await changed(path)).toEqual({ reason: 'The bank asks.' });
  await shown.getByRole('button', { name: 'Close' }).click();
  await shown.waitFor({ state: 'detached' });
  expect(await page.getByText('4111 1111').count()).toBe(0);
});

test('cues are set for all queues and for one, and a figure out of bounds is not saved', async () => {
  await section('Calls that may need you');
  const figure = (name: string) => page.getByRole('spinbutton', { name, exact: true });
  await figure('All queues: Waits (s)').fill('2');
  await button('Save').focus();
  await page.keyboard.press('Enter');
  await page.getByText('A figure is out of bounds').waitFor();
  expect(server.changes).toEqual([]);
  await figure('All queues: Waits (s)').fill('90');
  await figure('All queues: Both at once (s a minute)').fill('');
  await page.getByRole('combobox', { name: 'Another matter in' }).selectOption({ label: 'Bookings' });
  await figure('Bookings: Silence (s)').fill('20');
  await page.getByRole('button', { name: 'Remove “Changes”' }).click();
  await button('Save').click();
  const all = { wait_seconds: 90, long_times: 2, long_seconds: 300, overlap_seconds: 0 };
  expect(await changed('PUT /cues')).toEqual({
    items: [
      { queue_id: '', silence_seconds: 30, ...all },
      { queue_id: 'q1', silence_seconds: 20, ...all },
    ],
  });
  await page.getByRole('status').filter({ hasText: 'Saved.' }).waitFor();
});
