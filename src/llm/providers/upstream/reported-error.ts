import { wordOf } from './cause.js';

/** An error that any server reports, in any shape. It is read for classification and never kept. */
export interface ReportedError {
  /** The HTTP status in the body, 400 to 599; it may differ from the response's own. */
  readonly status: number | undefined;
  /** Codes and types. */
  readonly words: readonly string[];
  /** Its messages, without what they quote. */
  readonly text: string;
  /** The field of the request that it is about. */
  readonly field: string | undefined;
  /** A moderation filter rejected the question. */
  readonly wasFlagged: boolean;
  /** Whether it was JSON. A proxy's HTML page is not. */
  readonly isData: boolean;
}

const MAX_DEPTH = 9;
const MAX_ITEMS = 5;
const MAX_WORDS = 30;
const MAX_TEXT_LENGTH = 2_000;
const MAX_BODY_BYTES = 65_536;

const STATUSES = [
  'status',
  'code',
  'statusCode',
  'status_code',
  'StatusCode',
  'http_status',
  'error_code',
  'err_code',
  'errcode',
];
const KINDS = ['type', 'error_type', 'errorType', 'reason', 'kind', 'name', '__type', 'Code', 'errorCode'];
const SENTENCES = [
  'message',
  'Message',
  'msg',
  'detail',
  'title',
  'description',
  'error_description',
  'error_message',
  'error_msg',
  'errorMessage',
  'errorMsg',
  'err_msg',
  'errmsg',
  'status_msg',
];
/** Fields that may hold a nested error. Those that repeat the request (`input`, `failed_generation`, …) are skipped. */
const WRAPPERS = ['error', 'errors', 'details', 'metadata', 'raw', 'base_resp', 'response', 'body'];

/** Reads an error from JSON, from text that may be JSON or lines of an event stream, or from a parsed value. */
export function readError(said: unknown): ReportedError {
  const gathered = new Gathering();
  gathered.collect(said, 0);
  return gathered.error();
}

class Gathering {
  private status: number | undefined;
  private readonly words: string[] = [];
  private readonly sentences: string[] = [];
  private characters = 0;
  private field: string | undefined;
  private wasFlagged = false;
  private isData = false;

  error(): ReportedError {
    const { status, words, sentences, field, wasFlagged, isData } = this;
    return { status, words, text: sentences.join('\n'), field, wasFlagged, isData };
  }

  collect(said: unknown, depth: number): void {
    if (depth > MAX_DEPTH) return;
    if (typeof said === 'string') return this.collectText(said, depth);
    if (typeof said === 'number') return this.collectCode(said);
    if (Array.isArray(said)) {
      for (const item of said.slice(0, MAX_ITEMS) as unknown[]) this.collect(item, depth + 1);
      return;
    }
    if (typeof said === 'object' && said !== null) this.collectFields(said, depth);
  }

  private collectFields(said: object, depth: number): void {
    this.isData = true;
    const fields = said as Readonly<Record<string, unknown>>;
    for (const name of STATUSES) this.collectCode(fields[name]);
    for (const name of KINDS) this.collectCode(fields[name]);
    for (const name of SENTENCES) this.collect(fields[name], depth + 1);
    for (const name of WRAPPERS) this.collect(fields[name], depth + 1);
    const { param } = fields;
    if (typeof param === 'string' && param !== '') this.field ??= param.slice(0, 200);
    if ('flagged_input' in fields || Array.isArray(fields['reasons'])) this.wasFlagged = true;
  }

  private collectText(said: string, depth: number): void {
    const text = said.slice(0, MAX_BODY_BYTES).trim();
    // An HTML page, as opposed to a status before a message: `<400> …`.
    if (/^<[a-z!?/]/i.test(text)) return;
    const parsed = /^[{["]/.test(text) ? jsonIn(text) : undefined;
    if (parsed !== undefined) return this.collect(parsed, depth + 1);
    const lines = [...text.matchAll(/^(?:data|error):[ \t]*([{["].*)$/gm)];
    for (const [, line] of lines.slice(0, MAX_ITEMS)) this.collect(line, depth + 1);
    if (lines.length > 0 || this.characters >= MAX_TEXT_LENGTH) return;
    const sentence = withoutQuotations(text.slice(0, MAX_TEXT_LENGTH));
    this.sentences.push(sentence);
    this.characters += sentence.length;
  }

  /** A status, an identifier, or a message in its place. */
  private collectCode(said: unknown): void {
    const status = statusIn(said);
    if (status !== undefined) this.status ??= status;
    if (typeof said !== 'string' && typeof said !== 'number') return;
    const word = wordOf(String(said));
    if (word === undefined) return this.collectText(String(said), MAX_DEPTH);
    if (this.words.length < MAX_WORDS) this.words.push(word);
  }
}

/**
 * A code in a form for comparison, lower-case letters and digits only: `rate_limit_exceeded` and `RateLimitExceeded`
 * are equal.
 */
export function plainWord(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function statusIn(said: unknown): number | undefined {
  const status = typeof said === 'string' && /^\d{3}$/.test(said) ? Number(said) : said;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status < 600
    ? status
    : undefined;
}

/**
 * Removes quoted sentences and keeps quoted names: servers repeat the request, and a question about wrong keys is not a
 * wrong key.
 */
function withoutQuotations(text: string): string {
  return text.replaceAll(
    /(?<!\w)(["'`“])(?=\S)((?:\\.|(?!\1)[^\\”])*)(?:\1|”|$)(?!\w)/gs,
    (whole, _, quoted: string) => (/\s/.test(quoted.trim()) ? '' : whole),
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
