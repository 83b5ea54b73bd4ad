import { ConsoleBuffer } from './console-buffer.js';
import { MAX_CONSOLE_CHARS } from './program.js';

describe('ConsoleBuffer', () => {
  it('gives the lines of whoever writes to the same memory', () => {
    const here = new ConsoleBuffer();
    const there = new ConsoleBuffer(here.memory);
    there.writeLine('one');
    there.writeLine('');
    there.writeLine('zwei · 三 · 👍');
    expect(here.read()).toBe('one\n\nzwei · 三 · 👍');
    expect(here.isCut).toBe(false);
  });

  it('is empty when nothing was written', () => {
    expect(new ConsoleBuffer().read()).toBe('');
  });

  it('takes no more than it has room for, and says so', () => {
    const buffer = new ConsoleBuffer();
    buffer.writeLine('x'.repeat(MAX_CONSOLE_CHARS - 1));
    expect(buffer.isCut).toBe(false);
    buffer.writeLine('y');
    expect(buffer.isCut).toBe(true);
    expect(buffer.read()).toBe('x'.repeat(MAX_CONSOLE_CHARS - 1));
  });

  it('keeps what fits of a line that does not', () => {
    const buffer = new ConsoleBuffer();
    buffer.writeLine('x'.repeat(MAX_CONSOLE_CHARS + 1));
    expect(buffer.read()).toHaveLength(MAX_CONSOLE_CHARS);
    expect(buffer.isCut).toBe(true);
  });

  it('has no halves of characters', () => {
    const buffer = new ConsoleBuffer();
    buffer.writeLine('\ud83d');
    expect(buffer.read()).toBe('\u{FFFD}');
  });
});
