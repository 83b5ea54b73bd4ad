import type { LanguageModel } from '../ports/language-model.js';
import { ProviderHealth, type ProviderReport } from './provider-health.js';

/** The result of probing all providers, as text for a terminal or for another program. */
export interface ProbeResult {
  readonly text: string;
  /** Whether none of them is down. */
  readonly ok: boolean;
}

type Line = Pick<ProviderReport, 'provider' | 'state' | 'latencyMs' | 'error'> & {
  readonly type: string;
  readonly models: number | null;
};

const HEADINGS = ['provider', 'type', 'state', 'latency', 'models', 'error'] as const;

/** Probes the providers once, without a database or a server; shows neither keys nor addresses. */
export async function probeProviders(
  models: readonly LanguageModel[],
  format: 'table' | 'json',
): Promise<ProbeResult> {
  const health = new ProviderHealth(models, { states: () => [] });
  const reports = await health.check();
  const lines = reports.map(({ provider, state, latencyMs, error }) => ({
    provider,
    type: models.find((model) => model.provider === provider)?.type ?? '',
    state,
    latencyMs,
    models: health.modelCount(provider) ?? null,
    error,
  }));
  return {
    text: format === 'json' ? JSON.stringify({ providers: lines }, null, 2) : tableOf(lines),
    ok: lines.every(({ state }) => state !== 'down'),
  };
}

function tableOf(lines: readonly Line[]): string {
  const rows = [HEADINGS, ...lines.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf({ provider, type, state, latencyMs, models, error }: Line): readonly string[] {
  return [
    provider,
    type,
    state,
    latencyMs === null ? '-' : `${latencyMs} ms`,
    models === null ? '-' : String(models),
    error ?? '-',
  ];
}
