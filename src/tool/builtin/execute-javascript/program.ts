/** The most characters (UTF-16 code units) of what a program writes to its console, and of its value. */
export const MAX_CONSOLE_CHARS = 65_536;
export const MAX_VALUE_CHARS = 65_536;

/** The memory that a program may use. */
export const PROGRAM_BYTES = 128 * 1_024 * 1_024;

/** What a worker is given to do: one program, once. */
export interface ProgramOrder {
  readonly code: string;
  /** The engine, compiled once for all workers. */
  readonly engine: WebAssembly.Module;
  /** Shared with the process, so that what was written is there even if the worker has to be ended. */
  readonly console: SharedArrayBuffer;
  /** When the program is interrupted, in milliseconds since 1970. */
  readonly deadline: number;
}

/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'never-settles' | 'out-of-time' | 'out-of-memory' | 'broke-engine' };
