import { Inject, Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { waitAtMost } from '../../kernel/index.js';
import { CONFIG, type Config } from '../config/index.js';

type Collect = () => void | Promise<void>;

/** How long a scrape waits for values that are read asynchronously. */
const COLLECT_MS = 1_000;

/**
 * The metrics of the server, for Prometheus: each module registers its own. No label has names of people, threads or
 * messages, and the number of time series is bounded.
 */
@Injectable()
export class Metrics {
  /** Where modules register their metrics. */
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

  /** Calls back before each scrape, to update gauges. One that fails or takes too long does not fail the scrape. */
  onScrape(collect: Collect): void {
    this.collects.push(collect);
  }

  private async collect(): Promise<void> {
    await waitAtMost(COLLECT_MS, Promise.allSettled(this.collects.map(async (collect) => collect())));
  }
}

let ofProcess: Registry | undefined;

/**
 * The metrics of the process: CPU, memory, event loop, garbage collection. They belong to the process, not to an
 * application, and cannot be stopped, so they are started once.
 */
function processMetrics(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
