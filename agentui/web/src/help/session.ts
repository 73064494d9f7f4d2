// One browser's part in a session of video help: its socket, its PeerConnection and its drawing. The guest's page and the
// agent's desk use the same.
import type * as gen from '../help.gen';
import { Value } from '../state/value';
import { apply, type Board, emptyBoard, withState } from './board';
import type { Point } from './geometry';

export interface HelpState {
  /** "lost" comes back by itself; "refused" does not. */
  readonly link: 'connecting' | 'open' | 'lost' | 'refused';
  readonly room: gen.RoomState | null;
  readonly board: Board;
  readonly pointer: {
    readonly by: string;
    readonly role: string;
    readonly p: Point;
    readonly at: number;
  } | null;
  readonly caption: { readonly text: string; readonly final: boolean; readonly at: number } | null;
  readonly stream: MediaStream | null; // what a viewer sees
  readonly connection: RTCPeerConnectionState;
  readonly refused: { readonly code: string; readonly at: number } | null;
}

const empty: HelpState = {
  link: 'connecting',
  room: null,
  board: emptyBoard,
  pointer: null,
  caption: null,
  stream: null,
  connection: 'new',
  refused: null,
};

export interface Ports {
  readonly url: string; // of the WebSocket
  /** The guest's camera; undefined for who only watches. */
  readonly track?: () => MediaStreamTrack | null;
  readonly onCapture?: (id: string) => void;
  readonly onLight?: (on: boolean) => void;
  readonly onSender?: (sender: RTCRtpSender) => void;
}

const RETRY_MS = [250, 500, 1000, 2000];
const REPEAT_MS = 70; // the end of a stroke is said twice: one of them arrives in time
const STALE_MS = 2500; // disconnected that long: connect anew

export class HelpSession {
  readonly state = new Value<HelpState>(empty);
  private readonly ports: Ports;
  private socket: WebSocket | null = null;
  private pc: RTCPeerConnection | null = null;
  private channel: RTCDataChannel | null = null;
  private gen = 0;
  private tries = 0;
  private cut = false; // the network was gone since the last connection
  private ended = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private staleTimer: ReturnType<typeof setTimeout> | undefined;
  private count = 0;
  private voiceTo: (offer: gen.Description) => void = () => {};
  private readonly prefix = Math.random().toString(36).slice(2, 6);

  constructor(ports: Ports) {
    this.ports = ports;
    this.open();
    window.addEventListener('online', this.onOnline);
    window.addEventListener('offline', this.onOffline);
  }

  end(): void {
    this.ended = true;
    window.removeEventListener('online', this.onOnline);
    window.removeEventListener('offline', this.onOffline);
    clearTimeout(this.retryTimer);
    this.closePeer();
    this.socket?.close();
  }

  send(message: gen.ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Who takes the offers of the connection that carries the guest's voice. */
  onVoice(take: (offer: gen.Description) => void): void {
    this.voiceTo = take;
  }

  /** Asks for a connection, where there is something to connect for. */
  start(): void {
    this.send({ type: 'rtc_start', data: {} });
  }

  /** Gives the connection another track, such as another camera. */
  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    await this.sender()?.replaceTrack(track);
  }

  sender(): RTCRtpSender | undefined {
    return this.pc?.getTransceivers().find((t) => t.receiver.track.kind === 'video')?.sender;
  }

  peer(): RTCPeerConnection | null {
    return this.pc;
  }

  // Drawing

  nextID(): string {
    this.count++;
    return `${this.prefix}-${this.count}`;
  }

  /** Draws: here at once, and there. `last` says that the stroke ends with it. */
  draw(op: Omit<gen.Op, 'e'>, last = false): void {
    const { board, room } = this.state.get();
    if (!room) return;
    const whole: gen.Op = { ...op, e: board.epoch };
    const text = JSON.stringify(whole);
    this.say(text);
    if (last) setTimeout(() => this.say(text), REPEAT_MS);
    if (op.t === 'clear' || op.t === 'point') return; // the server answers a clear with the board that is left
    this.patch({ board: apply(board, { ...whole, by: room.you, role: room.role }) });
  }

  /** Takes my last shape back. */
  undo(): void {
    const { board, room } = this.state.get();
    const mine = board.shapes.filter((s) => s.by === room?.you);
    const last = mine[mine.length - 1];
    if (last) this.draw({ t: 'del', id: last.id }, true);
  }

  private say(text: string): void {
    if (this.channel?.readyState === 'open' && this.channel.bufferedAmount < 1 << 18) this.channel.send(text);
  }

  // The socket

  private open(): void {
    const socket = new WebSocket(this.ports.url);
    this.socket = socket;
    socket.onopen = () => {
      this.tries = 0;
      this.patch({ link: 'open' });
      if (this.wants() && (this.cut || this.pc?.connectionState !== 'connected')) this.start();
      this.cut = false;
    };
    socket.onmessage = (event) => this.onMessage(JSON.parse(String(event.data)) as gen.ServerMessage);
    socket.onclose = (event) => {
      if (this.socket !== socket || this.ended) return;
      this.socket = null;
      if (event.code === 4409) {
        this.patch({ link: 'refused' }); // another tab of this browser has taken over
        this.closePeer();
        return;
      }
      this.patch({ link: 'lost' });
      this.retryTimer = setTimeout(() => this.open(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
    };
  }

  private readonly onOnline = () => {
    if (!this.socket && !this.ended) {
      clearTimeout(this.retryTimer);
      this.open();
    }
  };

  /** The network is gone: the connections over it are too, though it takes them seconds to find out. */
  private readonly onOffline = () => {
    this.cut = true;
    this.socket?.close();
  };

  private wants(): boolean {
    return !this.ports.track || this.ports.track() !== null;
  }

  private onMessage(message: gen.ServerMessage): void {
    switch (message.type) {
      case 'room':
        this.patch({ room: message.data });
        this.hold(message.data.delay_ms);
        if (message.data.ended_at) this.closePeer();
        break;
      case 'board':
        this.patch({ board: withState(this.state.get().board, message.data.epoch, message.data.shapes) });
        break;
      case 'caption':
        this.patch({ caption: { ...message.data, at: Date.now() } });
        break;
      case 'rtc_offer':
        void this.onOffer(message.data).catch((error) => console.error('video:', error));
        break;
      case 'voice_offer':
        this.voiceTo(message.data);
        break;
      case 'capture':
        this.ports.onCapture?.(message.data.id);
        break;
      case 'light':
        this.ports.onLight?.(message.data.on);
        break;
      case 'refused':
        this.patch({ refused: { code: message.data.code, at: Date.now() } });
        break;
    }
  }

  // The PeerConnection. The server is the only offerer, and needs none of our candidates: it learns our address from our checks.

  private async onOffer({ sdp, gen }: gen.Description): Promise<void> {
    this.closePeer();
    this.gen = gen;
    const servers = this.state.get().room?.ice_servers ?? [];
    const pc = new RTCPeerConnection({ iceServers: servers, bundlePolicy: 'max-bundle' });
    this.pc = pc;
    pc.ondatachannel = ({ channel }) => this.onChannel(pc, channel);
    pc.ontrack = ({ track, streams }) => this.patch({ stream: streams[0] ?? new MediaStream([track]) });
    pc.onconnectionstatechange = () => this.onConnection(pc);
    await pc.setRemoteDescription({ type: 'offer', sdp });
    const transceiver = pc.getTransceivers()[0];
    const track = this.ports.track?.() ?? null;
    if (transceiver && this.ports.track) {
      transceiver.direction = 'sendonly';
      await transceiver.sender.replaceTrack(track);
    }
    await pc.setLocalDescription(await pc.createAnswer());
    if (this.pc !== pc) return;
    this.hold(this.state.get().room?.delay_ms ?? 0);
    this.send({ type: 'rtc_answer', data: { sdp: pc.localDescription?.sdp ?? '', gen: this.gen } });
    if (transceiver && this.ports.track) this.ports.onSender?.(transceiver.sender);
  }

  private onChannel(pc: RTCPeerConnection, channel: RTCDataChannel): void {
    if (this.pc !== pc) return;
    this.channel = channel;
    channel.onmessage = (event) => {
      const op = JSON.parse(String(event.data)) as gen.Op;
      if (op.t === 'point') {
        const p = op.p?.[0];
        this.patch({
          pointer: p ? { by: op.by ?? '', role: op.role ?? '', p: p as Point, at: Date.now() } : null,
        });
        return;
      }
      this.patch({ board: apply(this.state.get().board, op) });
    };
  }

  /** Holds the picture for a while before it is shown, where the guest's network loses packets. */
  private hold(ms: number): void {
    if (this.ports.track) return; // the guest watches its own camera
    for (const receiver of this.pc?.getReceivers() ?? []) {
      if (receiver.track.kind === 'video' && 'jitterBufferTarget' in receiver)
        receiver.jitterBufferTarget = ms || null;
    }
  }

  private onConnection(pc: RTCPeerConnection): void {
    if (this.pc !== pc) return;
    this.patch({ connection: pc.connectionState });
    clearTimeout(this.staleTimer);
    const wait = { failed: 300, disconnected: STALE_MS }[pc.connectionState as string];
    if (wait === undefined) return;
    this.staleTimer = setTimeout(() => {
      if (this.pc === pc && pc.connectionState !== 'connected' && this.wants()) this.start();
    }, wait);
  }

  /** Ends the picture's connection; the socket stays. */
  closePeer(): void {
    clearTimeout(this.staleTimer);
    const pc = this.pc;
    this.pc = null;
    this.channel = null;
    pc?.close();
    if (pc) this.patch({ connection: 'closed', stream: null });
  }

  private patch(part: Partial<HelpState>): void {
    this.state.set({ ...this.state.get(), ...part });
  }
}

/** The address of a WebSocket of this server. */
export function socketURL(path: string): string {
  return `${location.origin.replace(/^http/, 'ws')}${path}`;
}
