// How well a call can be heard, from what the browser measures.

export interface Quality {
  /** Milliseconds there and back; undefined until it is known. */
  rtt?: number;
  /** Share of the far end's packets that did not arrive since the last look, 0 to 1. */
  loss: number;
  /** Milliseconds by which packets come unevenly. */
  jitter: number;
}

export type Grade = 'good' | 'fair' | 'poor';

export interface Counted {
  received: number;
  lost: number;
}

/** Reads a report; `before` is what the last one counted. */
export function measure(report: RTCStatsReport, before: Counted): { quality: Quality; counted: Counted } {
  const counted = { received: 0, lost: 0 };
  let jitter = 0;
  let rtt: number | undefined;
  report.forEach((s) => {
    if (s.type === 'inbound-rtp' && s.kind === 'audio') {
      counted.received = s.packetsReceived ?? 0;
      counted.lost = s.packetsLost ?? 0;
      jitter = (s.jitter ?? 0) * 1000;
    }
    if (s.type === 'candidate-pair' && s.nominated && s.currentRoundTripTime !== undefined) rtt = s.currentRoundTripTime * 1000;
  });
  return { quality: { rtt, jitter, loss: lossSince(before, counted) }, counted };
}

function lossSince(before: Counted, now: Counted): number {
  const lost = Math.max(0, now.lost - before.lost);
  const expected = lost + Math.max(0, now.received - before.received);
  return expected > 0 ? lost / expected : 0;
}

/** The limits are where ITU-T G.107's model leaves "satisfied", and where it comes to "many dissatisfied", for Opus. */
export function grade({ rtt = 0, loss, jitter }: Quality): Grade {
  const delay = rtt / 2 + 2 * jitter; // a jitter buffer waits for about twice that
  if (delay > 350 || loss > 0.08) return 'poor';
  if (delay > 180 || loss > 0.02) return 'fair';
  return 'good';
}
