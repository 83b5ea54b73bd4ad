import { STATUS_CODES } from 'node:http';
import {
  EgressError,
  guardedFetch,
  type EgressAllow,
  type GuardedAnswer,
  type GuardedFetchOptions,
} from '../../../platform/egress/index.js';
import type { ToolOutput } from '../../core/tool-output.js';
import type { Tool, ToolContext, ToolDefinition, ToolProgress } from '../../ports/tool.js';
import { decodeText } from './decode-text.js';
import { kindOf, TAKEN_TYPES } from './media-types.js';
import { describedPage } from './described-page.js';
import { PageProblem, type Page } from './page.js';
import { PageReader } from './page-reader.js';
import { PRODUCT, RobotsGate } from './robots-gate.js';

const MAX_BYTES = 10_000_000;
const MAX_ROBOTS_BYTES = 512_000;
const MAX_REDIRECTS = 5;
const FETCH_MS = 20_000;
const ROBOTS_MS = 8_000;
/** Bytes of one character at most. */
const BYTES_PER_CHAR = 4;

const DEFINITION: ToolDefinition = {
  name: 'scrape_web_content',
  title: 'Read a web page',
  description:
    'Fetches one page of the public web and gives its content: an HTML page as Markdown without menus and scripts, a PDF as ' +
    'text, other text and JSON as they are. Scripts of the page are not run. Give the whole address.',
  parameters: {
    type: 'object',
    properties: {
      url: {
        type: 'string',
        description: 'The address of the page, beginning with https:// or http://.',
        minLength: 1,
        maxLength: 8_192,
      },
    },
    required: ['url'],
    additionalProperties: false,
  },
  annotations: { readOnly: true, idempotent: true, destructive: false, openWorld: true },
  approval: 'never',
  limits: { idleMs: 35_000, totalMs: 60_000, maxResultChars: 200_000 },
};

export interface ScrapeSettings {
  /** What may be fetched although it is not public. */
  readonly allow: EgressAllow;
  /** Whether pages that their site's robots.txt refuses are left alone. */
  readonly respectsRobots: boolean;
  /** This server's version, which the pages' sites are told. */
  readonly version: string;
}

/** What a test replaces. */
export interface ScrapeParts {
  readonly reader?: PageReader;
  /** Over those of each fetch. */
  readonly fetching?: Partial<GuardedFetchOptions>;
}

/** The tool `scrape_web_content`: a page of the web as text. */
export class ScrapeWebContent implements Tool {
  readonly definition = DEFINITION;
  private readonly robots: RobotsGate;
  private readonly reader: PageReader;

  constructor(
    private readonly settings: ScrapeSettings,
    private readonly parts: ScrapeParts = {},
  ) {
    this.reader = parts.reader ?? new PageReader();
    this.robots = new RobotsGate((url, signal) =>
      this.fetch(url, signal, {
        accept: ['*/*'],
        maxBytes: MAX_ROBOTS_BYTES,
        whenLarger: 'cut',
        timeoutMs: ROBOTS_MS,
      }),
    );
  }

  /** Where the page cannot be had, the output says why. */
  async *call(
    args: Readonly<Record<string, unknown>>,
    { caller }: ToolContext,
    signal: AbortSignal,
  ): AsyncGenerator<ToolProgress, ToolOutput, undefined> {
    signal.throwIfAborted();
    try {
      yield { progress: 0, total: 2, message: 'Fetching the page' };
      const answer = await this.answerOf(String(args['url']).trim(), signal);
      yield { progress: 1, total: 2, message: 'Reading the page' };
      const page = await this.pageOf(answer, `${caller.org}\n${caller.id}`, signal);
      const text = describedPage(page, answer, DEFINITION.limits.maxResultChars);
      return { ok: true, parts: [{ type: 'text', text }] };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EgressError || error instanceof PageProblem)) throw error;
      return { ok: false, parts: [{ type: 'text', text: error.message }] };
    }
  }

  private async answerOf(url: string, signal: AbortSignal): Promise<GuardedAnswer> {
    const answer = await this.fetch(url, signal, {
      accept: TAKEN_TYPES,
      maxBytes: MAX_BYTES,
      whenLarger: 'cut',
      timeoutMs: FETCH_MS,
      beforeRequest: (next, within) =>
        this.settings.respectsRobots ? this.robots.check(next, within) : Promise.resolve(),
    });
    const { status, body } = answer;
    if (status < 200 || status > 299) {
      throw new PageProblem(
        `The server answered with status ${status} (${STATUS_CODES[status] ?? 'unknown'}).`,
      );
    }
    if (body.length === 0) throw new PageProblem('The page is empty.');
    return answer;
  }

  private async pageOf(answer: GuardedAnswer, owner: string, signal: AbortSignal): Promise<Page> {
    const { body, contentType, url, wasCut } = answer;
    const kind = kindOf(answer);
    const maxChars = DEFINITION.limits.maxResultChars;
    if (kind === 'text') {
      const bytes = body.subarray(0, maxChars * BYTES_PER_CHAR);
      return { text: decodeText(bytes, contentType), isPartial: wasCut || bytes.length < body.length };
    }
    if (kind === 'pdf' && wasCut) {
      throw new PageProblem(
        `The PDF is larger than ${MAX_BYTES / 1_000_000} MB, which is the most that is read.`,
      );
    }
    const page = await this.reader.read({ kind, bytes: body, contentType, url, maxChars }, owner, signal);
    if (page.text.trim() === '') throw new PageProblem('The page has no text, unless its scripts are run.');
    return { ...page, isPartial: page.isPartial || wasCut };
  }

  private fetch(
    url: string,
    signal: AbortSignal,
    options: Pick<GuardedFetchOptions, 'accept' | 'maxBytes' | 'whenLarger' | 'timeoutMs' | 'beforeRequest'>,
  ): Promise<GuardedAnswer> {
    return guardedFetch(url, {
      ...options,
      maxRedirects: MAX_REDIRECTS,
      userAgent: `${PRODUCT}/${this.settings.version}`,
      allow: this.settings.allow,
      signal,
      ...this.parts.fetching,
    });
  }
}
