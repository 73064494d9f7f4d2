// The browser of the screens: Debian's Chromium, with a microphone that is none and a PeerConnection that always works.
import { type Browser, chromium, type Page } from 'playwright-core';

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
}

export interface Look {
  readonly theme: 'light' | 'dark';
  readonly language: 'en' | 'ja';
  readonly width: number;
  readonly height: number;
}

/** Opens a page that keeps what went wrong in it: errors, refused requests, breaches of the content security policy. */
export async function openPage(browser: Browser, look: Look): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.theme,
    locale: look.language === 'ja' ? 'ja-JP' : 'en-GB',
    reducedMotion: 'reduce',
    timezoneId: 'Asia/Tokyo',
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // A lost connection, a refused sign-in and a call without a recording are states that are looked at, not mistakes.
    const expected = /WebSocket connection to|status of 40[14]|ERR_CONNECTION/.test(message.text());
    if (message.type() === 'error' && !expected) problems.push(message.text());
  });
  await page.addInitScript(fakePeerConnection);
  return { page, problems };
}

function fakePeerConnection(): void {
  class Peer extends EventTarget {
    connectionState = 'new';
    localDescription = { sdp: 'v=0' };
    onconnectionstatechange: (() => void) | null = null;
    onicecandidate = null;
    ontrack = null;
    private readonly transceiver = { direction: 'recvonly', sender: { replaceTrack: async () => {} } };
    setRemoteDescription = async () => {};
    createAnswer = async () => ({ type: 'answer', sdp: 'v=0' });
    setLocalDescription = async () => {
      this.connectionState = 'connected';
      setTimeout(() => this.onconnectionstatechange?.(), 0);
    };
    addIceCandidate = async () => {};
    getTransceivers = () => [this.transceiver];
    getStats = async () =>
      new Map<string, object>([
        ['p', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.031 }],
        ['i', { type: 'inbound-rtp', kind: 'audio', packetsReceived: 100, packetsLost: 0 }],
      ]);
    close = () => {};
  }
  Object.assign(window, { RTCPeerConnection: Peer });
}
