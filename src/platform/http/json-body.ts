import { isUtf8 } from 'node:buffer';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../kernel/index.js';
import { checkJsonText } from './json-text.js';

/** From this size on, parsing several bodies in a row would noticeably block the event loop. */
const LARGE_BYTES = 262_144;

/**
 * Parses JSON from bytes; `undefined` for an empty body. Names such as `__proto__` become ordinary fields. Throws
 * `VALIDATION_FAILED`.
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw invalid('The body is not valid UTF-8. Send it as UTF-8.');
  checkJsonText(bytes);
  const text = withoutMark(bytes.toString('utf8'));
  // Some clients send a content type with an empty body too.
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid('The body is not valid JSON. Check its syntax and send it again.', error);
  }
}

/** The same, with large bodies parsed one after the other, and an equally long pause after each. */
export function parseJsonInTurn(bytes: Buffer, done: (error: Error | null, body?: unknown) => void): void {
  const parse = () => {
    let body: unknown;
    try {
      body = parseJson(bytes);
    } catch (error) {
      return done(error as Error);
    }
    done(null, body);
  };
  if (bytes.length < LARGE_BYTES) return parse();
  last = last
    .catch(() => undefined)
    .then(async () => {
      const start = performance.now();
      parse();
      await pause(performance.now() - start);
    });
}

let last: Promise<void> = Promise.resolve();

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('VALIDATION_FAILED', message, { cause });
}
