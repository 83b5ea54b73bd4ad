import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from '../telemetry/index.js';

const SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900];

/** How an attempt at a job ended; `failed` is final. */
export type JobOutcome = 'completed' | 'retried' | 'failed';

/** What the metrics read of a kind's queue. */
interface WatchedKind {
  readonly kind: { readonly name: string };
  waiting(): Promise<number>;
}

/** Metrics of jobs; the only variable label is the kind's name, of which there are as many as are declared. */
export class JobMetrics {
  private readonly instruments: ReturnType<typeof jobInstruments>;

  constructor(
    metrics: Pick<Metrics, 'registry' | 'onScrape'>,
    private readonly kinds: () => Iterable<WatchedKind>,
  ) {
    this.instruments = jobInstruments([metrics.registry]);
    metrics.onScrape(() => this.countWaiting());
  }

  /** Counts a running job; call the result when it has ended. */
  began(job: string): (outcome: JobOutcome) => void {
    const at = performance.now();
    this.instruments.active.inc({ job });
    return (outcome) => {
      this.instruments.active.dec({ job });
      this.instruments.duration.observe({ job }, (performance.now() - at) / 1_000);
      this.ended(job, outcome);
    };
  }

  ended(job: string, outcome: JobOutcome): void {
    this.instruments.jobs.inc({ job, outcome });
  }

  private async countWaiting(): Promise<void> {
    const count = async (queue: WatchedKind) => {
      this.instruments.waiting.set({ job: queue.kind.name }, await queue.waiting());
    };
    await Promise.allSettled([...this.kinds()].map(count));
  }
}

function jobInstruments(registers: Metrics['registry'][]) {
  return {
    jobs: new Counter({
      name: 'threadline_jobs_total',
      help: 'Attempts at jobs that this process has ended, by kind and how they ended.',
      labelNames: ['job', 'outcome'] as const,
      registers,
    }),
    active: new Gauge({
      name: 'threadline_jobs_active',
      help: 'Jobs that this process works now.',
      labelNames: ['job'] as const,
      registers,
    }),
    waiting: new Gauge({
      name: 'threadline_jobs_waiting',
      help: 'Jobs that wait to be taken, in all processes together.',
      labelNames: ['job'] as const,
      registers,
    }),
    duration: new Histogram({
      name: 'threadline_jobs_duration_seconds',
      help: 'Time of one attempt at a job.',
      labelNames: ['job'] as const,
      buckets: SECONDS,
      registers,
    }),
  };
}
