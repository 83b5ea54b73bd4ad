import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { Behaviour } from './stand-in-behaviour.js';
import { token } from './stand-in-words.js';

/** How one vendor writes what stands in the middle of an answer. */
export interface AnswerWire {
  /** What carries a piece of the text. */
  readonly frame: (text: string) => string;
  /** A frame that is broken. */
  readonly malformed: string;
  readonly error: string;
  /** What says that somebody is there, and nothing else. */
  readonly alive: string;
  /** Whether the connection ends after an error. */
  readonly endsAfterError?: boolean;
}

/** Thrown to stop an answer whose connection is gone, or is to be left as it is. */
class Stopped extends Error {}

/** Streams an answer; one that is stopped stays as it is. */
export async function streamed(
  response: ServerResponse,
  behaviour: Behaviour,
  headers: OutgoingHttpHeaders,
  write: (answer: AnswerWriter) => Promise<void>,
): Promise<void> {
  response.writeHead(200, headers);
  response.flushHeaders();
  try {
    const answer = new AnswerWriter(response, behaviour);
    if (behaviour.fault === 'hang_after_headers') answer.stop();
    await write(answer);
    if (behaviour.fault === 'late_end') await pause(100);
    response.end();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
}

/** Writes one answer, piece by piece, with its behaviour's fault in it. */
export class AnswerWriter {
  constructor(
    private readonly response: ServerResponse,
    private readonly behaviour: Behaviour,
  ) {}

  /** Leaves the answer as it is, and its connection open. */
  stop(): never {
    throw new Stopped();
  }

  async cut(): Promise<never> {
    // What was written has to leave the process before the socket is destroyed.
    await pause(20);
    this.response.destroy();
    return this.stop();
  }

  /** Writes all of a text whoever waits for it, and however it is to be cut up. */
  async send(text: string): Promise<void> {
    const { response } = this;
    const { fault } = this.behaviour;
    if (response.closed || response.destroyed) this.stop();
    if (fault === 'split_utf8' || fault === 'split_lines') {
      for (const piece of fault === 'split_utf8' ? insideCharacters(text) : insideLines(text)) {
        response.write(piece);
        await pause(1);
      }
    } else if (!response.write(text)) {
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
    } else {
      // Other connections, and the news that this one was closed, have their turn between writes.
      await turn();
    }
  }

  /** Writes what comes last of all: in one piece, and without waiting. */
  finish(text: string): void {
    this.response.write(text);
  }

  /** The text; a fault strikes before the token of its number. `say`: what is said in place of the usual words. */
  async sendTokens(wire: AnswerWire, say: readonly string[] | undefined): Promise<void> {
    const { fault, at, tokens, delay, perWrite } = this.behaviour;
    let batch = '';
    for (let index = 0; index <= tokens; index += 1) {
      const isFaulty = index === Math.min(at, tokens) && fault !== undefined;
      const isFull = index === tokens || isFaulty || index % perWrite === 0;
      if (batch !== '' && isFull) {
        await this.send(batch);
        batch = '';
      }
      if (isFaulty) await this.misbehave(wire);
      if (index === tokens) break;
      if (delay > 0) await pause(delay);
      batch += this.framesOf(say?.[index] ?? token(index), wire);
    }
  }

  private framesOf(text: string, { frame }: AnswerWire): string {
    const pair = this.behaviour.fault === 'split_surrogate' ? /[\ud800-\udbff]/.exec(text) : null;
    if (pair === null) return frame(text);
    return frame(text.slice(0, pair.index + 1)) + frame(text.slice(pair.index + 1));
  }

  /** Signs of life and nothing else, every 20 ms. */
  private async stayAlive({ alive }: AnswerWire, signs: number): Promise<void> {
    const { response } = this;
    for (let sign = 0; sign < signs && !response.closed; sign += 1) {
      response.write(alive);
      await pause(20);
    }
    if (response.closed) this.stop();
  }

  private async misbehave(wire: AnswerWire): Promise<void> {
    const { response } = this;
    switch (this.behaviour.fault) {
      case 'stall':
        return this.stop();
      case 'cut':
        return this.cut();
      case 'malformed':
        response.write(wire.malformed);
        return;
      case 'error_frame':
        response.write(wire.error);
        if (wire.endsAfterError === true) response.end();
        return this.stop();
      case 'large_frame':
        response.write(wire.frame(LARGE));
        return;
      case 'endless_frame':
        response.write(wire.frame('x').replace(/x.*/s, 'x'));
        for (let sent = 0; sent < ENDLESS && !response.closed; sent += LARGE.length) await this.send(LARGE);
        return this.stop();
      case 'only_comments':
        return this.stayAlive(wire, Infinity);
      case 'comments_for_a_while':
        return this.stayAlive(wire, SOME_SIGNS);
      default:
    }
  }
}

/** More than a megabyte in words. */
export const LARGE = 'word '.repeat(250_000);
/** More than anybody should keep. */
const ENDLESS = 30_000_000;
const SOME_SIGNS = 75;

/** Cuts before every byte that continues a character. */
function* insideCharacters(text: string): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  let start = 0;
  for (let index = 1; index < bytes.length; index += 1) {
    if ((bytes[index]! & 0xc0) !== 0x80) continue;
    yield bytes.subarray(start, index);
    start = index;
  }
  yield bytes.subarray(start);
}

/** Cuts inside the first field's name, in the middle of the JSON, and before the last line end. */
function* insideLines(text: string): Generator<string> {
  for (const frame of text.split(text.endsWith('\n\n') ? /(?<=\n\n)/ : /(?<=\n)/)) {
    yield frame.slice(0, 3);
    yield frame.slice(3, 40);
    yield frame.slice(40, -1);
    yield frame.slice(-1);
  }
}
