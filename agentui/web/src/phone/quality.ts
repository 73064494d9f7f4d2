// How good the line is, from the browser's own statistics.

export interface LineQuality {
  readonly grade: 'good' | 'fair' | 'poor';
  readonly roundTripMS: number | null;
  readonly lossPercent: number;
}

/** The counters of the last look: loss is what was lost since then. */
export interface StatsSample {
  readonly received: number;
  readonly lost: number;
}

interface Stat {
  type: string;
  state?: string;
  nominated?: boolean;
  currentRoundTripTime?: number;
  packetsReceived?: number;
  packetsLost?: number;
  kind?: string;
}

export function readQuality(
  report: Iterable<readonly [string, unknown]>,
  last: StatsSample | null,
): { quality: LineQuality; sample: StatsSample } {
  let roundTripMS: number | null = null;
  let received = 0;
  let lost = 0;
  for (const [, value] of report) {
    const stat = value as Stat;
    if (stat.type === 'candidate-pair' && stat.nominated && stat.currentRoundTripTime !== undefined) {
      roundTripMS = Math.round(stat.currentRoundTripTime * 1000);
    }
    if (stat.type === 'inbound-rtp' && stat.kind === 'audio') {
      received += stat.packetsReceived ?? 0;
      lost += stat.packetsLost ?? 0;
    }
  }
  const newLost = Math.max(0, lost - (last?.lost ?? lost));
  const newReceived = Math.max(0, received - (last?.received ?? received));
  const lossPercent = newLost === 0 ? 0 : (100 * newLost) / (newLost + newReceived);
  return {
    quality: { grade: grade(roundTripMS ?? 0, lossPercent), roundTripMS, lossPercent },
    sample: { received, lost },
  };
}

// ITU-T G.114: above 150 ms one way people notice; above 400 ms they talk over each other. Opus and our concealment
// hide a few percent of loss.
function grade(roundTripMS: number, lossPercent: number): LineQuality['grade'] {
  if (roundTripMS > 500 || lossPercent > 8) return 'poor';
  if (roundTripMS > 250 || lossPercent > 2) return 'fair';
  return 'good';
}
