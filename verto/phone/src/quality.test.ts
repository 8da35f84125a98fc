import { expect, test } from 'vitest';
import { grade, measure } from './quality';

function report(received: number, lost: number): RTCStatsReport {
  return new Map<string, unknown>([
    ['in', { type: 'inbound-rtp', kind: 'audio', packetsReceived: received, packetsLost: lost, jitter: 0.012 }],
    ['pair', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.08 }],
    ['old', { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 }],
  ]) as unknown as RTCStatsReport;
}

test('loss is what was lost since the last look', () => {
  const { quality, counted } = measure(report(190, 10), { received: 100, lost: 0 });
  expect(quality).toEqual({ rtt: 80, jitter: 12, loss: 0.1 });
  expect(measure(report(290, 10), counted).quality.loss).toBe(0);
});

test('a count that went back is no loss', () => {
  expect(measure(report(10, 0), { received: 500, lost: 40 }).quality.loss).toBe(0);
});

test('grades', () => {
  expect(grade({ rtt: 80, loss: 0, jitter: 5 })).toBe('good');
  expect(grade({ rtt: 80, loss: 0.04, jitter: 5 })).toBe('fair');
  expect(grade({ rtt: 600, loss: 0, jitter: 5 })).toBe('fair');
  expect(grade({ rtt: 80, loss: 0.2, jitter: 5 })).toBe('poor');
  expect(grade({ loss: 0, jitter: 0 })).toBe('good');
});
