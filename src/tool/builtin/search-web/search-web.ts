import { setTimeout as pause } from 'node:timers/promises';
import type { Config, SearchKind } from '../../../platform/config/index.js';
import { brave } from './brave.js';
import { exchange, retryAfter, type Reply } from './exchange.js';
import { foundPages, type FoundPage } from './found-pages.js';
import * as errors from './search-errors.js';
import type { FoundEntry, SearchEndpoint, SearchWire } from './search-wire.js';
import { searxng } from './searxng.js';
import { tavily } from './tavily.js';

const WIRES: Readonly<Record<SearchKind, (endpoint: SearchEndpoint) => SearchWire>> = {
  searxng,
  brave,
  tavily,
};

export type SearchSettings = Partial<Pick<Config, 'SEARCH_KIND' | 'SEARCH_URL' | 'SEARCH_API_KEY'>>;

/** Milliseconds. */
export interface SearchTimes {
  /** Of one request, with its answer. */
  readonly requestMs: number;
  /** Of a search, with its second request. */
  readonly totalMs: number;
  /** The longest that a service may be waited for before it is asked again. */
  readonly maxPauseMs: number;
  /** Before a service that failed is asked again. */
  readonly pauseMs: number;
}

const TIMES: SearchTimes = { requestMs: 10_000, totalMs: 20_000, maxPauseMs: 3_000, pauseMs: 300 };

/** Passing faults of a service, or of what stands before it. */
const PASSING: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** Searches the web with the operator's search service, if there is one. */
export class SearchWeb {
  private readonly wire: SearchWire | undefined;

  constructor(
    settings: SearchSettings,
    private readonly times: SearchTimes = TIMES,
  ) {
    const { SEARCH_KIND: kind, SEARCH_URL: url, SEARCH_API_KEY: apiKey } = settings;
    this.wire = kind === undefined ? undefined : WIRES[kind]({ url, apiKey });
  }

  get isConfigured(): boolean {
    return this.wire !== undefined;
  }

  /** Throws `PROVIDER_NOT_CONFIGURED` without a search service. */
  check(): void {
    if (this.wire === undefined) throw errors.notConfigured();
  }

  /**
   * The pages found, best first. Rejects with the signal's reason when that aborts, and otherwise with an error of the
   * catalogue: `PROVIDER_NOT_CONFIGURED` without a search service.
   */
  async search(query: string, maxResults: number, signal: AbortSignal): Promise<readonly FoundPage[]> {
    if (this.wire === undefined) throw errors.notConfigured();
    signal.throwIfAborted();
    const late = AbortSignal.timeout(this.times.totalMs);
    try {
      const reply = await this.ask(this.wire, query, maxResults, AbortSignal.any([signal, late]));
      return pagesIn(reply, this.wire, maxResults);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw isTimeout(error) ? errors.timedOut() : error;
    }
  }

  /** Asks once more where the service said that it did nothing: an answer that has begun may have been billed. */
  private async ask(
    wire: SearchWire,
    query: string,
    maxResults: number,
    signal: AbortSignal,
  ): Promise<Reply> {
    const send = () => {
      const late = AbortSignal.timeout(this.times.requestMs);
      return exchange(wire.request(query, maxResults), AbortSignal.any([signal, late]));
    };
    const reply = await send();
    const pauseMs = this.pauseBefore(reply, wire);
    if (pauseMs === undefined) return reply;
    await pause(pauseMs, undefined, { signal });
    return send();
  }

  /** Milliseconds until the same request may be sent again; `undefined`: it may not. */
  private pauseBefore({ status, headers }: Reply, wire: SearchWire): number | undefined {
    const seconds = retryAfter(headers) ?? (status === 429 ? wire.secondsUntilReset?.(headers) : undefined);
    const { pauseMs, maxPauseMs } = this.times;
    if (status !== 429 && !PASSING.has(status)) return undefined;
    // Without a time there is no telling how long a limit lasts.
    if (seconds === undefined) return status === 429 ? undefined : pauseMs;
    return seconds * 1_000 > maxPauseMs ? undefined : Math.max(seconds * 1_000, pauseMs);
  }
}

/** What is aborted, and not by the caller, took too long; a pause says so in its own way. */
function isTimeout(error: unknown): boolean {
  const { name } = (error ?? {}) as { readonly name?: unknown };
  return name === 'TimeoutError' || name === 'AbortError';
}

function pagesIn({ status, headers, text }: Reply, wire: SearchWire, maxResults: number): FoundPage[] {
  if (status === 429) throw errors.limited(retryAfter(headers) ?? wire.secondsUntilReset?.(headers));
  if (status >= 500) throw errors.unavailable(new Error(`the search service answered ${status}`));
  if (status !== 200) throw errors.refused(wire.reasonOf(status, text), status);
  const answer = wire.read(parsed(text));
  if (answer === undefined) throw errors.unreadable('is not a list of results');
  const entries = answer.entries.filter((entry): entry is FoundEntry => entry !== undefined);
  // An empty list would say that there is nothing to be found.
  if (entries.length === 0 && answer.entries.length > 0)
    throw errors.unreadable('has results of no known form');
  if (entries.length === 0 && answer.silentEngines > 0) {
    throw errors.unavailable(new Error(`${answer.silentEngines} engines gave no answer`));
  }
  return foundPages(entries, maxResults);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
