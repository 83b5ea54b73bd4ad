import { Inject, Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { waitAtMost } from '../../kernel/index.js';
import { CONFIG, type Config } from '../config/index.js';

type Collect = () => void | Promise<void>;

/** How long a scrape waits for values that have to be asked for. */
const COLLECT_MS = 1_000;

/**
 * What the server measures of itself, for Prometheus: each room registers what it measures. Names of people, threads and
 * messages are in no label, and the number of time series is bounded.
 */
@Injectable()
export class Metrics {
  /** Where rooms register what they measure themselves. */
  readonly registry = new Registry();
  private readonly collects: Collect[] = [];
  private readonly process: Registry | undefined;

  constructor(@Inject(CONFIG) config: Pick<Config, 'METRICS'>) {
    this.process = config.METRICS ? processMetrics() : undefined;
  }

  /** Everything in Prometheus's text format. */
  async text(): Promise<string> {
    await this.collect();
    const parts = [this.registry, this.process].filter((registry) => registry !== undefined);
    return (await Promise.all(parts.map((registry) => registry.metrics()))).join('\n');
  }

  /** Calls back before each scrape, to bring gauges up to date. One that fails or takes long spoils no scrape. */
  onScrape(collect: Collect): void {
    this.collects.push(collect);
  }

  private async collect(): Promise<void> {
    await waitAtMost(COLLECT_MS, Promise.allSettled(this.collects.map(async (collect) => collect())));
  }
}

let ofProcess: Registry | undefined;

/**
 * The metrics of the process: CPU, memory, event loop, garbage collection. There is one process however many
 * applications it holds, and what watches its event loop cannot be taken back, so this begins once.
 */
function processMetrics(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
