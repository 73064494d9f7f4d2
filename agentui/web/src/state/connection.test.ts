import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type * as wire from '../wire.gen';
import { closeCodes } from '../wire.gen';
import { Connection } from './connection';
import type { Link } from './desk';

class FakeSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: wire.ClientMessage[] = [];
  send(raw: string) {
    this.sent.push(JSON.parse(raw) as wire.ClientMessage);
  }
  close() {
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  drop(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  reply(error?: wire.Error) {
    const id = this.sent.at(-1)?.id;
    this.say({ type: 'reply', data: error ? { id, error } : { id } });
  }
}

function rig(stillSignedIn = async () => true) {
  const sockets: FakeSocket[] = [];
  const queries: string[] = [];
  const links: Link[] = [];
  const replies: [string, wire.Error | null][] = [];
  const renameTab = vi.fn();
  const connection = new Connection({
    open: (query) => {
      queries.push(String(query));
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    tabID: () => 'tab',
    renameTab,
    position: () => ({ since: 7, epoch: 'e' }),
    onMessage: () => {},
    onLink: (link) => links.push(link),
    onReply: (message, error) => replies.push([message.type, error]),
    stillSignedIn,
  });
  const socket = (n: number) => sockets[n] as FakeSocket;
  return { connection, sockets, queries, socket, links, replies, renameTab };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the connection', () => {
  test('says who comes and where it stopped, and is open when all that was missed is there', () => {
    const r = rig();
    expect(r.queries).toEqual(['tab_id=tab&since=7&epoch=e']);
    r.socket(0).open();
    r.socket(0).say({ seq: 8, type: 'system', data: {} });
    expect(r.links).toEqual([]);
    r.socket(0).reply();
    expect(r.links).toEqual(['open']);
    r.connection.end();
  });

  test('tells which command was refused', () => {
    const r = rig();
    r.socket(0).open();
    r.socket(0).reply();
    r.connection.send({ type: 'use_here', data: {} });
    const error = { code: 'no', message: 'No.' };
    r.socket(0).reply(error);
    expect(r.replies.at(-1)).toEqual(['use_here', error]);
    r.connection.end();
  });

  test('comes back in a quarter of a second, then ever slower, at most in four seconds', async () => {
    const r = rig();
    r.socket(0).drop();
    expect(r.links).toEqual(['lost']);
    await vi.advanceTimersByTimeAsync(250);
    expect(r.sockets).toHaveLength(2);
    for (let n = 2; n < 12; n++) {
      r.socket(n - 1).drop();
      await vi.advanceTimersByTimeAsync(3750);
      expect(r.sockets).toHaveLength(n + 1);
    }
    r.connection.end();
  });

  test('asks for the sign-in when the session is over', async () => {
    const r = rig(async () => false);
    r.socket(0).drop();
    await vi.advanceTimersByTimeAsync(250);
    r.socket(1).drop();
    await vi.advanceTimersByTimeAsync(10);
    expect(r.links.at(-1)).toBe('signed_out');
    const told = rig();
    told.socket(0).drop(closeCodes.signed_out);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([told.links, told.sockets.length]).toEqual([['signed_out'], 1]);
  });

  test('a duplicated tab takes another name', () => {
    const r = rig();
    r.socket(0).drop(closeCodes.replaced);
    expect(r.renameTab).toHaveBeenCalledOnce();
    r.connection.end();
  });

  test('silence after a command is a lost network; an answer to anything is not', async () => {
    const r = rig();
    r.socket(0).open();
    r.socket(0).reply();
    r.connection.send({ type: 'use_here', data: {} });
    r.socket(0).say({ seq: 1, type: 'system', data: {} });
    await vi.advanceTimersByTimeAsync(6000);
    expect(r.links).toEqual(['open']);
    await vi.advanceTimersByTimeAsync(4000); // the ping at ten seconds
    await vi.advanceTimersByTimeAsync(6000);
    expect(r.links).toEqual(['open', 'lost']);
    r.connection.end();
  });

  test('after the end nothing is opened or told', async () => {
    const r = rig();
    r.connection.end();
    r.socket(0).drop();
    r.connection.retryNow();
    await vi.advanceTimersByTimeAsync(20_000);
    expect([r.sockets.length, r.links]).toEqual([1, []]);
  });
});
