// The keys. Commands need Alt, so that nothing happens by typing; single keys (digits, ?) can be switched off (WCAG 2.1.4).
import { useEffect } from 'react';
import { searchLink } from '../state/place';
import type { DeskSession } from '../state/session';
import { Value } from '../state/value';

const alt = (letter: string) => ({ label: `Alt ${letter}`, aria: `Alt+${letter}` });

export const keys = {
  answer: alt('A'),
  decline: alt('X'),
  mute: alt('M'),
  hold: alt('H'),
  hangUp: alt('Q'),
  keypad: alt('K'),
  transfer: alt('R'),
  note: alt('N'),
  transcript: alt('T'),
  customer: alt('C'),
  complete: alt('Enter'),
};

const KEY = 'patchbay.single-keys';

/** Whether digits and ? work without Alt. */
export const singleKeys = new Value<boolean>(readSingleKeys());

function readSingleKeys(): boolean {
  return typeof localStorage === 'undefined' || localStorage.getItem(KEY) !== 'off';
}

export function setSingleKeys(on: boolean): void {
  localStorage.setItem(KEY, on ? 'on' : 'off');
  singleKeys.set(on);
}

/** Where Alt shortcuts move the focus to. */
export const landmarks = { note: 'note-text', transcript: 'transcript', customer: 'customer' };

/** Which event or landmark a key means, by its place on the keyboard: on a Mac, Alt changes the character. */
export function commandOf(
  event: Pick<KeyboardEvent, 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>,
) {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null;
  switch (event.code) {
    case 'KeyA':
      return { kind: 'answer' } as const;
    case 'KeyX':
      return { kind: 'decline' } as const;
    case 'KeyM':
      return { kind: 'toggle_mute' } as const;
    case 'KeyH':
      return { kind: 'toggle_hold' } as const;
    case 'KeyK':
      return { kind: 'open_sheet', purpose: 'keypad' } as const;
    case 'KeyR':
      return { kind: 'open_sheet', purpose: 'transfer' } as const;
    case 'KeyQ':
      return { kind: 'hang_up' } as const;
    case 'Enter':
      return { kind: 'complete' } as const;
    case 'KeyN':
      return { go: landmarks.note } as const;
    case 'KeyT':
      return { go: landmarks.transcript } as const;
    case 'KeyC':
      return { go: landmarks.customer } as const;
    default:
      return null;
  }
}

/** Whether a key pressed here is typing. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(radio|checkbox|button)$/.test(target.type))
  );
}

/** The outcome that a digit stands for: 1 is the first, 0 the tenth. */
export function codeOfDigit(key: string, codes: readonly { code: string }[]): string | null {
  if (!/^\d$/.test(key)) return null;
  return codes[key === '0' ? 9 : Number(key) - 1]?.code ?? null;
}

/** Listens for the desk's shortcuts while the desk is shown. */
export function useShortcuts(session: DeskSession, onHelp: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.repeat) return;
      const command = commandOf(event);
      if (command) {
        event.preventDefault();
        if ('go' in command) document.getElementById(command.go)?.focus();
        else session.dispatch(command);
        return;
      }
      if (!singleKeys.get() || isTyping(event.target) || event.altKey || event.ctrlKey || event.metaKey)
        return;
      if (event.key === '/') {
        event.preventDefault();
        location.hash = searchLink;
        return;
      }
      if (event.key === '?') {
        event.preventDefault();
        onHelp();
        return;
      }
      const state = session.state.get();
      if (state.call?.state !== 'wrap_up') return;
      const code = codeOfDigit(event.key, state.codes);
      if (code !== null) session.dispatch({ kind: 'choose_code', code });
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [session, onHelp]);
}
