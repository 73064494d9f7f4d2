// One signed-in tab: runs the reducer, and carries its effects out.
import { marksOfCall } from '../api/marks';
import { currentSession } from '../api/session';
import { Sound } from '../phone/sound';
import type * as wire from '../wire.gen';
import { Connection } from './connection';
import { type DeskEvent, type DeskState, type Effect, emptyDesk, type Outgoing } from './desk';
import { reduce } from './reduce';
import { Value } from './value';

const NOTE_AFTER_MS = 400; // of no typing
const TAB_KEY = 'patchbay.tab';

export class DeskSession {
  readonly state = new Value<DeskState>(emptyDesk);
  readonly sound: Sound;
  private readonly connection: Connection;
  private readonly onRing: (caller: string | null) => void;
  private readonly onAlert: (alert: wire.Alert) => void;
  private noteTimer: ReturnType<typeof setTimeout> | undefined;
  private unsentNote: { interactionID: string; text: string } | null = null;
  private asked = false;
  private readonly endings: (() => void)[] = [];

  constructor(onRing: (caller: string | null) => void, onAlert: (alert: wire.Alert) => void) {
    this.onRing = onRing;
    this.onAlert = onAlert;
    const send = (message: Outgoing) => this.connection.send(message);
    this.sound = new Sound({
      answer: (data) => send({ type: 'rtc_answer', data }),
      candidate: (data) => send({ type: 'rtc_candidate', data }),
      start: (restart) => send({ type: 'phone_start', data: { restart } }),
    });
    this.connection = new Connection({
      open: (query) => new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/v1/ws?${query}`),
      tabID,
      renameTab: () => sessionStorage.removeItem(TAB_KEY),
      position: () => ({ since: this.state.get().seq, epoch: this.state.get().epoch }),
      onMessage: (message) => this.dispatch({ kind: 'server', message, now: Date.now() }),
      onLink: (link) => this.dispatch({ kind: 'link', link }),
      onReply: (message, error) => {
        if (error) this.dispatch({ kind: 'refused', type: message.type, error });
        else this.dispatch({ kind: 'done', type: message.type });
      },
      stillSignedIn: async () => (await currentSession()) !== 'out',
    });
    this.listen('online', () => this.connection.retryNow());
    this.listen('offline', () => this.connection.lose());
    this.listen('pagehide', () => this.flushNote());
  }

  dispatch = (event: DeskEvent): void => {
    const { state, effects } = reduce(this.state.get(), event);
    this.state.set(state);
    for (const effect of effects) this.perform(effect);
  };

  end(): void {
    this.flushNote();
    for (const ending of this.endings) ending();
    this.onRing(null);
    this.sound.end();
    this.connection.end();
  }

  private perform(effect: Effect): void {
    switch (effect.do) {
      case 'send':
        if (effect.message.type === 'wrap_up') this.dropNote();
        else if (effect.message.type !== 'note') this.flushNote();
        this.connection.send(effect.message);
        break;
      case 'save_note':
        this.unsentNote = { interactionID: effect.interactionID, text: effect.text };
        clearTimeout(this.noteTimer);
        this.noteTimer = setTimeout(() => this.flushNote(), NOTE_AFTER_MS);
        break;
      case 'phone_ensure':
        if (effect.ask && !this.asked) this.sound.askForMicrophone();
        this.asked ||= effect.ask;
        this.sound.phone.ensure(effect.serverState);
        break;
      case 'alert':
        this.onAlert(effect.alert);
        break;
      case 'phone_unsignalled':
        this.sound.phone.unsignalled();
        break;
      case 'phone_retry':
        this.sound.phone.retry();
        break;
      case 'load_marks':
        void this.loadMarks(effect.interactionID, effect.startedAt);
        break;
      case 'phone_end':
        this.sound.phone.release();
        break;
      case 'rtc_offer':
        void this.sound.phone.offer(effect.offer);
        break;
      case 'rtc_candidate':
        void this.sound.phone.candidate(effect.candidate);
        break;
      case 'microphone':
        if (effect.open) this.sound.phone.openMicrophone();
        else this.sound.phone.closeMicrophone();
        break;
      case 'mute':
        this.sound.phone.mute(effect.on);
        break;
      case 'ring':
        this.sound.ring(effect.caller);
        this.onRing(effect.caller);
        break;
    }
  }

  private async loadMarks(interactionID: string, startedAt: string): Promise<void> {
    // Thin rules are a comfort: without them the transcript is as true.
    const marks = await marksOfCall(interactionID, startedAt).catch(() => null);
    if (marks) this.dispatch({ kind: 'marks', interactionID, marks });
  }

  private flushNote(): void {
    const note = this.unsentNote;
    this.dropNote();
    if (!note || this.state.get().link !== 'open') return;
    this.connection.send({ type: 'note', data: { interaction_id: note.interactionID, text: note.text } });
    this.dispatch({ kind: 'note_sent', ...note });
  }

  private dropNote(): void {
    clearTimeout(this.noteTimer);
    this.unsentNote = null;
  }

  private listen(type: 'online' | 'offline' | 'pagehide', listener: () => void): void {
    window.addEventListener(type, listener);
    this.endings.push(() => window.removeEventListener(type, listener));
  }
}

/** Names this tab for as long as it lives: a reload is the same tab, and takes its call up again. */
function tabID(): string {
  const known = sessionStorage.getItem(TAB_KEY);
  if (known) return known;
  const id = [...crypto.getRandomValues(new Uint8Array(12))]
    .map((b) => b.toString(16).padStart(2, '0'))
    .join('');
  sessionStorage.setItem(TAB_KEY, id);
  return id;
}
