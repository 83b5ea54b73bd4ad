import type { ModelError } from '../../core/model-error.js';
import { brokenAnswer } from './model-errors.js';
import { classifyReadError } from './stream-answer.js';

/** Takes the JSON of one frame, and its name if it has one; throws a `ModelError` for one that cannot be used. */
export type TakeFrame = (frame: object, name: string | undefined) => void;

/** Characters of one frame at most: larger than any answer that is kept, with room for what escapes make of it. */
const LONGEST_FRAME = 16_000_000;

const SPACE = 32;
const COLON = 58;
const BRACKET = 91;
const BRACE = 123;

/** Words in place of JSON that only keep a connection open; an empty text is one of them. */
const SIGN_OF_LIFE = /^(?:|null|""|ping|pong|keep-?alive|heartbeat)$/i;
const DONE = /^"?\[done\]"?$/i;

/**
 * The bytes of an answer as frames of JSON. It goes by what comes, not by the content type: an event stream, a JSON a
 * line, or one JSON. What goes wrong is kept in {@link failure}, so that what came before counts.
 *
 * Not a package's parser of event streams: those drop every line that is no field, and so the answer, or the error, of a
 * server that sends its JSON bare.
 */
export class FrameDecoder {
  private readonly decoder = new TextDecoder();
  /** A line that has not ended. */
  private rest = '';
  private endedInReturn = false;
  /** What the event is called whose lines are being read. */
  private name: string | undefined;
  /** `data:` lines that are no JSON by themselves. */
  private held: string | undefined;
  /** The lines of one JSON over many lines. */
  private document: string[] | undefined;
  private documentSize = 0;
  private hasFrames = false;
  /** Whether JSON came by itself, and no field of an event stream around it. */
  wasBare = false;
  /** What made the answer unreadable. */
  failure: ModelError | undefined;

  /** `take` may throw; nothing is read after that. `done`: the provider says that nothing follows. */
  constructor(
    private readonly provider: string,
    private readonly take: TakeFrame,
    private readonly done: () => void,
  ) {}

  feed(bytes: Uint8Array): void {
    this.read(this.decoder.decode(bytes, { stream: true }));
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

  /** Inside JSON there is no bare carriage return: each is a line end, alone or before a line feed. */
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

  /** Only what is new is searched: a long line in small pieces costs its length, not its square. */
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

  /** A frame counts as soon as its line is there: some servers put no blank line behind it. */
  private readData(data: string): void {
    this.bound(data.length);
    if (this.held !== undefined) {
      this.held += `\n${data}`;
      this.bound(this.held.length);
      return;
    }
    if (data.charCodeAt(0) === BRACE) {
      const frame = jsonOf(data);
      if (frame !== undefined) return this.give(frame);
    }
    this.readLoose(data);
  }

  /** What is no object at first sight. */
  private readLoose(data: string): void {
    const text = data.trim();
    if (DONE.test(text)) this.done();
    else if (!SIGN_OF_LIFE.test(text) && !SIGN_OF_LIFE.test(this.name ?? 'message')) this.held = data;
  }

  private endEvent(): void {
    const { held, name } = this;
    this.held = undefined;
    if (held !== undefined) {
      const value = valueIn(held);
      // Some say what went wrong in plain words.
      if (name === 'error' && (typeof value !== 'object' || value === null))
        this.give({ error: value ?? held });
      else this.giveValue(value);
    }
    this.name = undefined;
  }

  /** A line that is neither data nor a comment: another field, or JSON without any. */
  private readOther(line: string): void {
    const first = line.charCodeAt(0);
    if (first === BRACE || first === BRACKET) return this.readBare(line);
    if (SIGN_OF_LIFE.test(line)) return line === '' ? this.endEvent() : undefined;
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
        // What is no field at all is no event stream, but a page or a cry for help.
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

  /** Some wrap their frames in a list. */
  private give(frame: object): void {
    this.hasFrames = true;
    if (!Array.isArray(frame)) this.take(frame, this.name);
    else for (const inner of frame as unknown[]) if (inner !== null) this.giveInner(inner);
  }

  private giveInner(frame: unknown): void {
    if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) throw unreadable(this.provider);
    this.take(frame, this.name);
  }

  private bound(size: number): void {
    if (size > LONGEST_FRAME) throw tooLarge(this.provider);
  }
}

/** The JSON of a frame. Throws `PROVIDER_ERROR` for what is no object. */
export function frameObject(provider: string, data: string): object {
  const value = jsonOf(data);
  if (value === undefined) throw unreadable(provider);
  return value;
}

/** `PROVIDER_ERROR`: more at once than is taken. */
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

/** The value of a text, also where it is JSON inside a JSON string; `undefined` for what is no JSON. */
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
