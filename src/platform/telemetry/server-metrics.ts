import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const LAG_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The instruments of everything but models. */
export function serverInstruments(registry: Registry) {
  const registers = [registry];
  return {
    openStreams: new Gauge({
      name: 'threadline_open_streams',
      help: 'Event streams that this process has open.',
      registers,
    }),
    stalledStreams: new Counter({
      name: 'threadline_stalled_streams_total',
      help: 'Event streams that were closed because their client took nothing for STREAM_STALL_TIMEOUT.',
      registers,
    }),
    turns: new Gauge({
      name: 'threadline_turns',
      help: 'Turns that have not ended, by status.',
      labelNames: ['status'] as const,
      registers,
    }),
    turnsEnded: new Counter({
      name: 'threadline_turns_total',
      help: 'Turns that this process brought to an end, by how they ended.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    eventLogLag: new Histogram({
      name: 'threadline_event_log_lag_seconds',
      help: "Time from an event's making to its being stored.",
      buckets: LAG_SECONDS,
      registers,
    }),
    poolConnections: new Gauge({
      name: 'threadline_database_pool_connections',
      help: 'Connections to Postgres (total, idle) and requests that wait for one (waiting).',
      labelNames: ['state'] as const,
      registers,
    }),
    requestDuration: new Histogram({
      name: 'threadline_http_request_duration_seconds',
      help: 'Time of HTTP requests by route; an event stream lasts as long as it is open.',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: REQUEST_SECONDS,
      registers,
    }),
  };
}
