import type { ModelError } from '../../core/model-error.js';
import { brokenAnswer } from './model-errors.js';
import { classifyReadError } from './stream-answer.js';

/**
 * Handles the JSON of one frame, its event name if it has one, and its text if it is a line of data by itself; throws a
 * `ModelError` for an unusable one.
 */
export type FrameHandler = (frame: object, name: string | undefined, text?: string) => void;

/** The most characters of a frame: larger than any answer that is stored, with room for JSON escapes. */
const MAX_FRAME_LENGTH = 16_000_000;

const SPACE = 32;
const ASCII_END = 128;
const COLON = 58;
const BRACKET = 91;
const BRACE = 123;

/** Text in place of JSON that only keeps a connection open; the empty text is included. */
const KEEP_ALIVE = /^(?:|null|""|ping|pong|keep-?alive|heartbeat)$/i;
const DONE = /^"?\[done\]"?$/i;

/**
 * Decodes the bytes of an answer into frames of JSON. It detects the format from the bytes, not from the content type:
 * an event stream, JSON lines, or a single JSON value. An error is kept in {@link failure}, so that earlier frames
 * still count.
 *
 * Packages that parse event streams cannot be used: they drop every line that is not a field, and with it the answer,
 * or the error, of a server that sends plain JSON.
 */
export class FrameDecoder {
  private readonly decoder = new TextDecoder();
  /** Whether the decoder may be in the middle of a character, or of a byte order mark. */
  private isWithinCharacter = true;
  /** The current, incomplete line. */
  private rest = '';
  private endedInReturn = false;
  /** The name of the event whose lines are being read. */
  private name: string | undefined;
  /** `data:` lines that are not JSON by themselves. */
  private held: string | undefined;
  /** The lines of a JSON value that spans several lines. */
  private document: string[] | undefined;
  private documentSize = 0;
  private hasFrames = false;
  /** Whether the JSON came without the fields of an event stream around it. */
  wasBare = false;
  /** Why the answer cannot be read. */
  failure: ModelError | undefined;

  /**
   * `onFrame` may throw; nothing is read after that. `done`: the provider has reported that nothing follows. `isHandled`
   * may handle the text of a frame without a name before it is parsed.
   */
  constructor(
    private readonly provider: string,
    private readonly onFrame: FrameHandler,
    private readonly done: () => void,
    private readonly isHandled: (text: string) => boolean = () => false,
  ) {}

  feed(bytes: Uint8Array): void {
    this.read(this.decoded(bytes));
  }

  /** Bytes that end with an ASCII character leave nothing to the ones after them, and need no state to be decoded. */
  private decoded(bytes: Uint8Array): string {
    const endsInCharacter = !(bytes.length > 0 && bytes[bytes.length - 1]! < ASCII_END);
    if (!endsInCharacter && !this.isWithinCharacter && Buffer.isBuffer(bytes)) return bytes.toString();
    this.isWithinCharacter = endsInCharacter;
    return this.decoder.decode(bytes, { stream: true });
  }

  /** A last line without its line end still counts, and so does an event without its blank line. */
  end(): void {
    this.read(`${this.decoder.decode()}\n\n`);
    if (this.document !== undefined) this.guard(() => this.readDocument(this.document!.join('\n')));
  }

  private read(text: string): void {
    this.guard(() => this.split(this.withPlainLineEnds(text)));
  }

  private guard(work: () => void): void {
    if (this.failure !== undefined) return;
    try {
      work();
    } catch (error) {
      this.failure = classifyReadError(error, this.provider);
    }
  }

  /** JSON has no bare carriage return: each is a line end, alone or before a line feed. */
  private withPlainLineEnds(text: string): string {
    if (text === '') return text;
    const begun = this.endedInReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (!begun.includes('\r')) {
      this.endedInReturn = false;
      return begun;
    }
    this.endedInReturn = begun.endsWith('\r');
    return begun.replace(/\r\n?/g, '\n');
  }

  /** Only new text is searched, so that a long line in small pieces takes linear time. */
  private split(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = this.rest + text.slice(start, end);
      this.rest = '';
      start = end + 1;
      this.readLine(line);
    }
    this.rest += text.slice(start);
    this.bound(this.rest.length);
  }

  private readLine(line: string): void {
    if (this.document !== undefined) this.keep(line);
    else if (line.startsWith('data:')) this.readData(line.slice(line.charCodeAt(5) === SPACE ? 6 : 5));
    else if (line === '') this.endEvent();
    else if (line.charCodeAt(0) !== COLON) this.readOther(line.trim());
  }

  /** A frame is complete with its line: some servers send no blank line after it. */
  private readData(data: string): void {
    this.bound(data.length);
    if (this.held !== undefined) {
      this.held += `\n${data}`;
      this.bound(this.held.length);
      return;
    }
    if (data.charCodeAt(0) === BRACE) {
      if (this.name === undefined && this.isHandled(data)) {
        this.hasFrames = true;
        return;
      }
      const frame = jsonOf(data);
      if (frame !== undefined) return this.give(frame, data);
    }
    this.readLoose(data);
  }

  /** Data that does not look like a JSON object. */
  private readLoose(data: string): void {
    const text = data.trim();
    if (DONE.test(text)) this.done();
    else if (!KEEP_ALIVE.test(text) && !KEEP_ALIVE.test(this.name ?? 'message')) this.held = data;
  }

  private endEvent(): void {
    const { held, name } = this;
    this.held = undefined;
    if (held !== undefined) {
      const value = valueIn(held);
      // Some servers send the error as plain text.
      if (name === 'error' && (typeof value !== 'object' || value === null))
        this.give({ error: value ?? held });
      else this.giveValue(value);
    }
    this.name = undefined;
  }

  /** A line that is neither data nor a comment: another field, or JSON without a field. */
  private readOther(line: string): void {
    const first = line.charCodeAt(0);
    if (first === BRACE || first === BRACKET) return this.readBare(line);
    if (KEEP_ALIVE.test(line)) return line === '' ? this.endEvent() : undefined;
    const [, field, value = ''] = /^([a-z][\w-]*) ?:? ?(.*)$/is.exec(line) ?? [];
    switch (field?.toLowerCase()) {
      case 'data':
        return this.readData(value);
      case 'event':
        this.name = value === '' ? undefined : value;
        return;
      case 'error':
        this.name = 'error';
        return this.give(errorFrame(value));
      default:
        // Text without any field is not an event stream, but an HTML page or a plain error message.
        if (field === undefined || !line.startsWith(`${field}:`)) throw unreadable(this.provider);
    }
  }

  private readBare(line: string): void {
    this.bound(line.length);
    if (DONE.test(line)) return this.done();
    this.wasBare = true;
    const value = valueIn(line);
    if (value !== undefined) return this.giveValue(value);
    if (this.hasFrames) throw unreadable(this.provider);
    this.document = [];
    this.keep(line);
  }

  private keep(line: string): void {
    this.document!.push(line);
    this.documentSize += line.length + 1;
    this.bound(this.documentSize);
  }

  private readDocument(text: string): void {
    const value = valueIn(text);
    if (value === undefined) throw brokenAnswer(this.provider, 'broke off before it was complete');
    this.giveValue(value);
  }

  private giveValue(value: unknown): void {
    if (typeof value !== 'object' || value === null) throw unreadable(this.provider);
    this.give(value);
  }

  /** Some servers wrap their frames in an array. */
  private give(frame: object, text?: string): void {
    this.hasFrames = true;
    if (!Array.isArray(frame)) this.onFrame(frame, this.name, text);
    else for (const inner of frame as unknown[]) if (inner !== null) this.giveInner(inner);
  }

  private giveInner(frame: unknown): void {
    if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) throw unreadable(this.provider);
    this.onFrame(frame, this.name);
  }

  private bound(size: number): void {
    if (size > MAX_FRAME_LENGTH) throw tooLarge(this.provider);
  }
}

/** The JSON of a frame. Throws `PROVIDER_ERROR` for anything that is not an object. */
export function frameObject(provider: string, data: string): object {
  const value = jsonOf(data);
  if (value === undefined) throw unreadable(provider);
  return value;
}

/** `PROVIDER_ERROR`: a frame exceeds its bound. */
export function tooLarge(provider: string): ModelError {
  return brokenAnswer(provider, 'has a piece that is too large');
}

function unreadable(provider: string): ModelError {
  return brokenAnswer(provider, 'cannot be read');
}

function jsonOf(text: string): object | undefined {
  const value = parsed(text);
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** The value of a text, also if it is JSON inside a JSON string; `undefined` if it is not JSON. */
function valueIn(text: string): unknown {
  const value = parsed(text);
  return typeof value === 'string' ? (jsonOf(value) ?? value) : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function errorFrame(text: string): object {
  const value = valueIn(text) ?? text;
  return typeof value === 'object' && value !== null && 'error' in value ? value : { error: value };
}
