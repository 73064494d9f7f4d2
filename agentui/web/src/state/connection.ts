// The WebSocket to the server: one at a time, opened again when it is lost, resumed where it stopped.
import type * as wire from '../wire.gen';
import { closeCodes } from '../wire.gen';
import type { Link, Outgoing } from './desk';

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 3000;
// A command is answered at once. Silence means that the network is gone though the socket does not know it yet.
const REPLY_TIMEOUT_MS = 6000;
// A desk that only watches asks now and then, so that a dead network shows.
const PING_EVERY_MS = 10_000;

/** What the connection needs of the world; tests give their own. */
export interface ConnectionPorts {
  /** Opens the socket with this query, which says who comes and where it goes on. */
  readonly open: (query: URLSearchParams) => WebSocket;
  readonly tabID: () => string;
  /** The tab was duplicated, name and all: the other one keeps the name. */
  readonly renameTab: () => void;
  /** Where to resume: the last delta seen and the server's run that it belongs to. */
  readonly position: () => { since: number; epoch: string };
  readonly onMessage: (message: wire.ServerMessage) => void;
  readonly onLink: (link: Link) => void;
  readonly onReply: (message: Outgoing, error: wire.Error | null) => void;
  /** Asked after a failed attempt: a browser does not say why a WebSocket was refused. */
  readonly stillSignedIn: () => Promise<boolean>;
}

export class Connection {
  private readonly ports: ConnectionPorts;
  private socket: WebSocket | null = null;
  private ended = false;
  private caughtUp = false; // the first command was answered, so what was missed came before
  private attempt = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly pingTimer: ReturnType<typeof setInterval>;
  private lastID = 0;
  private heard = 0; // messages received: silence after a command is what counts
  private readonly waiting = new Map<number, { message: Outgoing; timer: ReturnType<typeof setTimeout> }>();

  constructor(ports: ConnectionPorts) {
    this.ports = ports;
    this.pingTimer = setInterval(() => this.send({ type: 'ping', data: {} }), PING_EVERY_MS);
    this.connect();
  }

  /** Sends a command, or drops it where there is no connection: the next snapshot tells the truth. */
  send(message: Outgoing): void {
    const socket = this.socket;
    if (socket?.readyState !== 1) return;
    const id = ++this.lastID;
    if (!message.type.startsWith('rtc_')) this.expectReply(id, message, socket);
    socket.send(JSON.stringify({ id, ...message }));
  }

  /** Tries at once, when the browser says that the network is back. */
  retryNow(): void {
    if (this.ended || this.socket) return;
    clearTimeout(this.retryTimer);
    this.connect();
  }

  /** Drops a socket that is known to be dead, when the browser says that the network is gone. */
  lose(): void {
    this.socket?.close();
    this.closed(this.socket);
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.retryTimer);
    clearInterval(this.pingTimer);
    this.forgetWaiting();
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private connect(): void {
    const { since, epoch } = this.ports.position();
    const socket = this.ports.open(
      new URLSearchParams({ tab_id: this.ports.tabID(), since: String(since), epoch }),
    );
    this.socket = socket;
    this.caughtUp = false;
    // Answered after all that was missed.
    socket.onopen = () => this.send({ type: 'ping', data: {} });
    socket.onmessage = (event) => {
      if (socket !== this.socket || typeof event.data !== 'string') return;
      this.received(JSON.parse(event.data) as wire.ServerMessage);
    };
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  private expectReply(id: number, message: Outgoing, socket: WebSocket): void {
    const heard = this.heard;
    const timer = setTimeout(() => {
      if (socket === this.socket && heard === this.heard) this.lose();
    }, REPLY_TIMEOUT_MS);
    this.waiting.set(id, { message, timer });
  }

  private received(message: wire.ServerMessage): void {
    this.heard++;
    if (message.type !== 'reply') {
      this.ports.onMessage(message);
      return;
    }
    const asked = this.waiting.get(message.data.id);
    if (!asked) return;
    clearTimeout(asked.timer);
    this.waiting.delete(message.data.id);
    if (!this.caughtUp) {
      this.caughtUp = true;
      this.attempt = 0;
      this.ports.onLink('open');
    }
    this.ports.onReply(asked.message, message.data.error ?? null);
  }

  private closed(socket: WebSocket | null, code = 0): void {
    if (this.ended || socket === null || socket !== this.socket) return;
    this.socket = null;
    this.forgetWaiting();
    if (code === closeCodes.signed_out) {
      this.ports.onLink('signed_out');
      return;
    }
    if (code === closeCodes.replaced) this.ports.renameTab();
    // Too many tabs: coming back at once would only be refused at once.
    if (code === closeCodes.too_many) this.attempt = Math.max(this.attempt, 5);
    this.ports.onLink('lost');
    void this.retryLater();
  }

  private async retryLater(): Promise<void> {
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempt);
    const asks = this.attempt > 0;
    this.attempt++;
    if (asks && !(await this.ports.stillSignedIn())) {
      if (!this.ended) this.ports.onLink('signed_out');
      return;
    }
    if (this.ended || this.socket) return;
    clearTimeout(this.retryTimer);
    // A little chance, so that a hundred desks do not come back in the same millisecond.
    this.retryTimer = setTimeout(() => this.connect(), delay * (0.75 + Math.random() * 0.5));
  }

  private forgetWaiting(): void {
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }
}
