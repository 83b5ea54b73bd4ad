import type { Metrics } from '../../src/platform/telemetry/index.js';

/** The samples of a metric of ours, as they stand in the text. */
export async function metricSamples(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter(
    (line) => line.startsWith(`threadline_${name}{`) || line.startsWith(`threadline_${name} `),
  );
}
