/** The name of a program in its stack traces. */
export const SCRIPT_NAME = 'script.js';

/**
 * What is evaluated in a program's realm before the program: `console`, and how values and errors become text. It is given
 * a function that takes a line, and returns `finish` and `describe`. The program can change everything that this code
 * relies on, and then reads nonsense about itself; the process relies on none of it.
 */
export const PRELUDE = `(function (writeLine, maxLine, maxValue) {
  'use strict';
  const { stringify } = JSON;
  const scriptLine = /${SCRIPT_NAME.replace('.', '\\.')}:(\\d+)/;
  const clip = (text, length) =>
    (text.length > length ? text.slice(0, length - 6) + ' [cut]' : text).replaceAll('\\0', '\\uFFFD');

  function plain(key, value) {
    if (typeof value === 'bigint') return value + 'n';
    if (typeof value === 'function') return '[Function ' + (value.name || 'without a name') + ']';
    if (typeof value === 'symbol') return String(value);
    if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) return [...value];
    if (value instanceof Error) return value.name + ': ' + value.message;
    return value;
  }

  function show(value) {
    if (typeof value === 'object' && value !== null && !(value instanceof Error)) {
      try {
        const json = stringify(value, plain);
        if (typeof json === 'string') return json;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }
    return typeof value === 'bigint' ? value + 'n' : String(value);
  }

  const shown = (value) => (typeof value === 'string' ? stringify(value) : show(value));
  const write = (...values) => {
    const line = values.map((value) => (typeof value === 'string' ? value : show(value))).join(' ');
    writeLine(clip(line, maxLine));
  };
  globalThis.console = { log: write, info: write, warn: write, error: write, debug: write };

  return {
    finish: async (script) => clip(shown(await (await script).value), maxValue),
    describe(error) {
      if (!(error instanceof Error)) return clip('Uncaught ' + shown(error), maxValue);
      const found = scriptLine.exec(clip(String(error.stack), 10000));
      const where = found ? ' (line ' + found[1] + ')' : '';
      return clip(error.name + ': ' + error.message, maxValue - where.length) + where;
    },
  };
})`;
