import { Inject, Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { patiently } from '../../kernel/index.js';
import type { TurnStatus } from '../../kernel/index.js';
import { CONFIG, type Config } from '../config/index.js';
import { LlmMetrics } from './llm-metrics.js';
import { processMetrics } from './process-metrics.js';
import { serverInstruments } from './server-metrics.js';

/** What a pool of connections holds. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** A served request; `route` is the route's template, absent where none matched. */
export interface ServedRequest {
  readonly method: string;
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
}

/** How many turns have each status; an absent one is not shown. */
export type TurnCounts = Readonly<Partial<Record<TurnStatus, number>>>;

type Collect = () => void | Promise<void>;

/** How long a scrape waits for values that have to be asked for. */
const COLLECT_MS = 1_000;

/**
 * What the server measures of itself, for Prometheus. Names of people, threads and messages are in no label, and the
 * number of time series is bounded.
 */
@Injectable()
export class Metrics {
  /** Where rooms register what they measure themselves. */
  readonly registry = new Registry();
  private readonly server = serverInstruments(this.registry);
  private readonly collects: Collect[] = [];
  private readonly process: Registry | undefined;
  readonly llm = new LlmMetrics(this.registry);

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

  /** Shows at each scrape how many event streams are open. */
  watchOpenStreams(read: () => number): void {
    this.onScrape(() => this.server.openStreams.set(read()));
  }

  /** Shows at each scrape how many turns have each status. */
  watchTurns(read: () => TurnCounts | Promise<TurnCounts>): void {
    this.onScrape(async () => {
      const counts = Object.entries(await read());
      this.server.turns.reset();
      for (const [status, count] of counts) this.server.turns.set({ status }, count);
    });
  }

  /** Shows at each scrape what a pool holds; several pools are added up. */
  watchPool(...pools: readonly (() => PoolState)[]): void {
    this.onScrape(() => {
      const states = pools.map((read) => read());
      for (const state of ['total', 'idle', 'waiting'] as const) {
        const sum = states.reduce((all, pool) => all + pool[state], 0);
        this.server.poolConnections.set({ state }, sum);
      }
    });
  }

  /** Shows at each scrape how the breakers stand. */
  watchBreakers(read: () => Parameters<LlmMetrics['showBreakers']>[0]): void {
    this.onScrape(() => this.llm.showBreakers(read()));
  }

  streamStalled(): void {
    this.server.stalledStreams.inc();
  }

  turnEnded(outcome: string): void {
    this.server.turnsEnded.inc({ outcome });
  }

  /** Milliseconds from an event's making to its being stored. */
  eventStored(lagMs: number): void {
    this.server.eventLogLag.observe(Math.max(0, lagMs) / 1_000);
  }

  httpRequest({ method, route, status, durationMs }: ServedRequest): void {
    const labels = { method, route: route ?? 'unmatched', status: String(status) };
    this.server.requestDuration.observe(labels, durationMs / 1_000);
  }

  private async collect(): Promise<void> {
    await patiently(COLLECT_MS, Promise.allSettled(this.collects.map(async (collect) => collect())));
  }
}
