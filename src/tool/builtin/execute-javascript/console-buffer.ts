import { MAX_CONSOLE_CHARS } from './program.js';

const HEADER_WORDS = 2;
const LENGTH = 0;
const IS_CUT = 1;
const HEADER_BYTES = HEADER_WORDS * Int32Array.BYTES_PER_ELEMENT;

/** What a program has written to its console, in memory that its worker and the process share. */
export class ConsoleBuffer {
  private readonly header: Int32Array<SharedArrayBuffer>;
  private readonly units: Uint16Array<SharedArrayBuffer>;

  constructor(readonly memory: SharedArrayBuffer = newMemory()) {
    this.header = new Int32Array(memory, 0, HEADER_WORDS);
    this.units = new Uint16Array(memory, HEADER_BYTES);
  }

  /** Appends a line; what there is no room for is left out. */
  writeLine(line: string): void {
    const begin = Atomics.load(this.header, LENGTH);
    const room = this.units.length - begin;
    const text = `${line}\n`;
    const length = Math.min(text.length, room);
    for (let index = 0; index < length; index += 1) this.units[begin + index] = text.charCodeAt(index);
    if (text.length > room) Atomics.store(this.header, IS_CUT, 1);
    Atomics.store(this.header, LENGTH, begin + length);
  }

  get isCut(): boolean {
    return Atomics.load(this.header, IS_CUT) === 1;
  }

  /** The lines so far, without the last line break. */
  read(): string {
    const units = Uint16Array.from(this.units.subarray(0, Atomics.load(this.header, LENGTH)));
    const text = new TextDecoder('utf-16le').decode(units);
    return text.endsWith('\n') ? text.slice(0, -1) : text;
  }
}

function newMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + MAX_CONSOLE_CHARS * Uint16Array.BYTES_PER_ELEMENT);
}
