// How the guest's network does, once a second: what it carries decides between a moving picture and sharp stills.
import type { Quality } from '../help.gen';
import { type Mode, nextMode, startMode } from './mode';

interface Sample {
  readonly at: number;
  readonly frames: number;
}

export class Network {
  mode: Mode = 'live';
  kbps = 0;
  private state = startMode;
  private last: Sample | null = null;

  /** Reads a connection's numbers; what it gives goes to the server. */
  async sample(pc: RTCPeerConnection, now: number): Promise<Quality> {
    const quality: Quality = { mode: this.mode, kbps: 0, fps: 0, rtt: 0, loss: 0 };
    let frames = 0;
    for (const s of (await pc.getStats()).values() as Iterable<Record<string, unknown>>) {
      if (s.type === 'candidate-pair' && s.nominated && typeof s.availableOutgoingBitrate === 'number') {
        quality.kbps = Math.round(s.availableOutgoingBitrate / 1000);
        if (typeof s.currentRoundTripTime === 'number')
          quality.rtt = Math.round(s.currentRoundTripTime * 1000);
      }
      if (s.type === 'outbound-rtp' && s.kind === 'video') frames = Number(s.framesEncoded ?? 0);
      if (s.type === 'remote-inbound-rtp' && s.kind === 'video') {
        quality.loss = Math.min(1, Math.max(0, Number(s.fractionLost ?? 0)));
      }
    }
    if (this.last && now > this.last.at && frames >= this.last.frames) {
      quality.fps = Math.round(((frames - this.last.frames) / (now - this.last.at)) * 10_000) / 10;
    }
    this.last = { at: now, frames };
    this.kbps = quality.kbps;
    this.state = nextMode(this.state, quality.kbps);
    this.mode = this.state.mode;
    return { ...quality, mode: this.mode };
  }

  /** A new connection: what was measured of the old one says nothing. */
  restart(): void {
    this.state = { ...startMode, mode: this.mode };
    this.last = null;
  }
}

/** Has the browser send a moving picture that gives up sharpness first, or a sharp picture about once a second. */
export async function applyMode(sender: RTCRtpSender, mode: Mode): Promise<void> {
  if (sender.track) sender.track.contentHint = mode === 'stills' ? 'detail' : 'motion';
  const parameters = sender.getParameters();
  const encoding = parameters.encodings[0];
  if (!encoding) return;
  if (mode === 'stills') {
    encoding.maxFramerate = 1;
    encoding.scaleResolutionDownBy = 1;
  } else {
    delete encoding.maxFramerate;
    delete encoding.scaleResolutionDownBy;
  }
  await sender.setParameters(parameters);
}
