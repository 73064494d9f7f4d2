// A server of one screen: serves the built desk, answers the API from fixtures, speaks the wire's messages.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type * as wire from '../src/wire.gen';
import * as make from './fixtures';
import { administration } from './fixtures-admin';
import { found, REVIEWED, reviewed } from './fixtures-review';

const DIST = join(import.meta.dirname, '..', 'dist');
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

// As strict as the product's: what needs more fails here first.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export class FakeServer {
  signedIn = true;
  accepts = true; // false: WebSockets are cut at once, as by a dead network
  snapshot: wire.Snapshot;
  customers: wire.Customer[] = [];
  review = reviewed();
  found = found();
  /** Answers of the administration's API, by method and path; what is given last counts. */
  readonly admin: Record<string, unknown> = administration();
  /** Bodies of changes that were asked for, with method and path. */
  readonly changes: { readonly what: string; readonly body: unknown }[] = [];
  timeline: object[] = []; // of the call that goes on
  readonly played: number[] = []; // how much of the reviewed call was asked for, in ms
  recordedMS: number | null = null; // of the call that goes on, sealed by now; null: it is not recorded
  readonly received: wire.ClientMessage[] = [];
  readonly came: URLSearchParams[] = []; // who opened a WebSocket, and where it went on
  /** Answers a command with a refusal where it gives one. */
  refuse: (message: wire.ClientMessage) => wire.Error | undefined = () => undefined;
  onMessage: (message: wire.ClientMessage) => void = () => {};
  private readonly http: Server;
  private readonly sockets = new Set<WebSocket>();
  private seq = 1;

  constructor(snapshot: wire.Snapshot) {
    this.snapshot = snapshot;
    this.http = createServer((request, response) => void this.serve(request, response));
    const upgrade = new WebSocketServer({ noServer: true });
    this.http.on('upgrade', (request, socket, head) => {
      if (!this.accepts) {
        socket.destroy();
        return;
      }
      upgrade.handleUpgrade(request, socket, head, (ws) => this.joined(ws, request));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.http.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.cut();
    this.http.closeAllConnections();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
  }

  /** Sends a delta to every tab. */
  push(type: wire.ServerMessage['type'], data: unknown): void {
    const numbered = type === 'phone' || type.startsWith('rtc_') ? {} : { seq: ++this.seq };
    for (const socket of this.sockets) socket.send(JSON.stringify({ ...numbered, type, data }));
  }

  /** Drops every socket, as a lost network does. */
  cut(): void {
    for (const socket of this.sockets) socket.terminate();
    this.sockets.clear();
  }

  private joined(socket: WebSocket, request: IncomingMessage): void {
    this.sockets.add(socket);
    this.came.push(new URL(request.url ?? '/', 'http://localhost').searchParams);
    socket.send(JSON.stringify({ seq: ++this.seq, type: 'snapshot', data: this.snapshot }));
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('message', (raw) => {
      const message = JSON.parse(String(raw)) as wire.ClientMessage;
      this.received.push(message);
      const error = this.refuse(message);
      socket.send(
        JSON.stringify({ type: 'reply', data: error ? { id: message.id, error } : { id: message.id } }),
      );
      if (message.type === 'phone_start') {
        socket.send(JSON.stringify({ type: 'rtc_offer', data: { sdp: 'v=0', gen: 1 } }));
      }
      if (!error) this.onMessage(message);
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('Content-Security-Policy', POLICY);
    if (url.pathname.startsWith('/api/v1/')) {
      await this.answer(request, response, url);
      return;
    }
    const path = normalize(url.pathname === '/' ? '/index.html' : url.pathname);
    try {
      const body = await readFile(join(DIST, path));
      response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const json = (status: number, body?: unknown) => {
      response.statusCode = status;
      response.setHeader('Content-Type', 'application/json');
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    const body = await bodyOf(request);
    switch (`${request.method} ${url.pathname.slice('/api/v1'.length)}`) {
      case 'POST /login': {
        const { password } = JSON.parse(body) as { password: string };
        if (password !== 'patchbay-demo') return json(401, { title: 'Unauthorized', status: 401 });
        this.signedIn = true;
        return json(200, this.snapshot.me);
      }
      case 'POST /logout':
        this.signedIn = false;
        return json(204);
      case 'GET /session':
        return json(200, { signed_in: this.signedIn });
      case 'GET /customers':
        return json(200, { items: this.customers });
      case 'POST /customers':
        return json(201, { ...(JSON.parse(body) as object), id: 'new-customer' });
      case `GET /interactions/${make.ID}/timeline`:
      case `GET /interactions/${this.snapshot.call?.interaction_id}/timeline`:
        return json(200, { events: this.timeline });
      case `GET /interactions/${REVIEWED}/recording`: {
        const until = Number(url.searchParams.get('until_ms'));
        this.played.push(until);
        return play(request, response, silence(until));
      }
      case `GET /interactions/${REVIEWED}`:
        return json(200, this.review.interaction);
      case `GET /interactions/${REVIEWED}/transcript`:
        return json(200, { lines: this.review.lines, marks: this.review.happened });
      case `GET /interactions/${REVIEWED}/peaks`:
        return this.review.peaks
          ? json(200, this.review.peaks)
          : json(404, { title: 'No recording', status: 404 });
      case `GET /interactions/${REVIEWED}/notes`:
        return json(200, { items: this.review.notes });
      case `GET /interactions/${this.snapshot.call?.interaction_id}/peaks`:
        return this.recordedMS === null
          ? json(404, { title: 'No recording', status: 404 })
          : json(200, { duration_ms: this.recordedMS, live: true });
      case `GET /interactions/${this.snapshot.call?.interaction_id}/recording`:
        return play(request, response, silence(this.recordedMS ?? 0));
      case 'GET /search': {
        const from = Number(url.searchParams.get('cursor') ?? 0);
        const next_cursor = from + FOUND_AT_ONCE < this.found.length ? String(from + FOUND_AT_ONCE) : '';
        return json(200, { items: this.found.slice(from, from + FOUND_AT_ONCE), next_cursor });
      }
      case 'GET /interactions':
        return json(200, { items: [this.review.interaction] });
      case `GET /customers/${this.customers[0]?.id}`:
        return json(200, { ...this.customers[0], timeline: [] });
      default:
        return this.administer(request, url, body, json);
    }
  }

  private administer(
    request: IncomingMessage,
    url: URL,
    body: string,
    json: (status: number, body?: unknown) => void,
  ): void {
    const what = `${request.method} ${url.pathname.slice('/api/v1'.length)}`;
    if (request.method !== 'GET') this.changes.push({ what, body: body === '' ? null : JSON.parse(body) });
    const answer = this.admin[what];
    if (answer instanceof Refusal) json(answer.status, answer.problem);
    else if (what in this.admin) json(answer === undefined ? 204 : 200, answer);
    else json(404, { title: 'Not found', status: 404 });
  }
}

/** A refusal as the server writes it. */
export class Refusal {
  readonly problem: object;
  constructor(
    readonly status: number,
    code: string,
    detail: string,
  ) {
    this.problem = { type: 'about:blank', title: 'Refused', status, code, detail };
  }
}

const FOUND_AT_ONCE = 2;
const RATE = 8000;

/** A WAV file (8 bits) of nothing: what is tested is what the page does with it. */
function silence(ms: number): Buffer {
  const samples = Math.round((ms * RATE) / 1000);
  const file = Buffer.alloc(44 + samples, 128);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + samples, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE, 28);
  file.writeUInt16LE(1, 32);
  file.writeUInt16LE(8, 34);
  file.write('data', 36);
  file.writeUInt32LE(samples, 40);
  return file;
}

/** Answers with a range of a file, as a player asks for it (RFC 9110 §14). */
function play(request: IncomingMessage, response: ServerResponse, file: Buffer): void {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const end = to === '' ? file.length - 1 : Math.min(Number(to), file.length - 1);
  response.statusCode = request.headers.range ? 206 : 200;
  response.setHeader('Content-Type', 'audio/wav');
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Range', `bytes ${from}-${end}/${file.length}`);
  response.end(file.subarray(Number(from), end + 1));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}
