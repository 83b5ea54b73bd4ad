import engineVariant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from 'quickjs-emscripten-core';
import { ConsoleBuffer } from './console-buffer.js';
import { PRELUDE, SCRIPT_NAME } from './prelude.js';
import {
  MAX_CONSOLE_CHARS,
  MAX_VALUE_CHARS,
  PROGRAM_BYTES,
  type ProgramEnd,
  type ProgramOrder,
} from './program.js';

/** The types of the package are those of its CommonJS build. */
const ENGINE = engineVariant as unknown as typeof engineVariant.default;
const PAGE_BYTES = 65_536;
const FIRST_PAGES = 256;
/** The engine's own memory comes on top of a program's. */
const MOST_PAGES = PROGRAM_BYTES / PAGE_BYTES + FIRST_PAGES;
const STACK_BYTES = 512 * 1_024;
/** JS_EVAL_FLAG_ASYNC: a script with `await` at its top level, whose result is a promise of `{ value }`. */
const AWAIT_AT_TOP_LEVEL = 1 << 7;
const JOBS_AT_ONCE = 1_000;

/** Runs a program in an engine of its own, which is not to be used again. Throws if there is none. */
export async function runProgram(order: ProgramOrder): Promise<ProgramEnd> {
  const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES });
  const quickJs = await newQuickJSWASMModuleFromVariant(
    newVariant(ENGINE, { wasmModule: order.engine, wasmMemory: memory }),
  );
  const runtime = quickJs.newRuntime({ memoryLimitBytes: PROGRAM_BYTES, maxStackSizeBytes: STACK_BYTES });
  const isLate = () => Date.now() >= order.deadline;
  const program = new Program(runtime.newContext(), new ConsoleBuffer(order.console), isLate, () =>
    isFull(memory),
  );
  // From here on: what is ours is done in any case.
  runtime.setInterruptHandler(isLate);
  try {
    return program.run(order.code);
  } catch {
    // A trap in the engine, or this thread's own stack: what is left of the engine is not to be asked.
    return { kind: isLate() ? 'out-of-time' : 'broke-engine' };
  }
}

/** Whether the memory has grown to about what a program may have; it never becomes less. */
function isFull({ buffer }: WebAssembly.Memory): boolean {
  return buffer.byteLength > PROGRAM_BYTES * 0.75;
}

class Program {
  private readonly finish: QuickJSHandle;
  private readonly describe: QuickJSHandle;

  constructor(
    private readonly context: QuickJSContext,
    output: ConsoleBuffer,
    private readonly isLate: () => boolean,
    private readonly isFull: () => boolean,
  ) {
    const writeLine = context.newFunction('writeLine', (line) => {
      if (!output.isCut) output.writeLine(this.textOf(line, MAX_CONSOLE_CHARS));
    });
    const prelude = context.unwrapResult(context.evalCode(PRELUDE, 'console.js', 0));
    const functions = context.unwrapResult(
      context.callFunction(
        prelude,
        context.undefined,
        writeLine,
        context.newNumber(MAX_CONSOLE_CHARS),
        context.newNumber(MAX_VALUE_CHARS),
      ),
    );
    this.finish = context.getProp(functions, 'finish');
    this.describe = context.getProp(functions, 'describe');
  }

  run(code: string): ProgramEnd {
    const { context } = this;
    const script = context.evalCode(code, SCRIPT_NAME, AWAIT_AT_TOP_LEVEL);
    if (script.error !== undefined) return this.failed(script.error);
    const finished = context.callFunction(this.finish, context.undefined, script.value);
    if (finished.error !== undefined) return this.failed(finished.error);
    this.runJobs();
    if (this.isLate()) return { kind: 'out-of-time' };
    const state = context.getPromiseState(finished.value);
    switch (state.type) {
      case 'fulfilled':
        return { kind: 'value', text: this.textOf(state.value, MAX_VALUE_CHARS) };
      case 'rejected':
        return this.failed(state.error);
      case 'pending':
        return { kind: 'never-settles' };
    }
  }

  /** Until none is left; nothing from outside ever adds one. */
  private runJobs(): void {
    const { runtime } = this.context;
    while (!this.isLate() && runtime.hasPendingJob()) runtime.executePendingJobs(JOBS_AT_ONCE).dispose();
  }

  private failed(error: QuickJSHandle): ProgramEnd {
    const { context } = this;
    if (this.isLate()) return { kind: 'out-of-time' };
    // What the engine throws when there is no room for an error.
    if (this.isFull() && context.sameValue(error, context.null)) return { kind: 'out-of-memory' };
    const described = context.callFunction(this.describe, context.undefined, error);
    if (described.error === undefined) {
      return { kind: 'error', text: this.textOf(described.value, MAX_VALUE_CHARS) };
    }
    if (this.isLate()) return { kind: 'out-of-time' };
    return { kind: 'error', text: 'Uncaught error that cannot be shown' };
  }

  /** A string of the program's, if it is one and no longer than it may be: a longer one would be copied first. */
  private textOf(handle: QuickJSHandle, maxChars: number): string {
    const { context } = this;
    if (context.typeof(handle) !== 'string') return '';
    // A string's own length, which no program can change.
    const length = context.getProp(handle, 'length').consume((own) => context.getNumber(own));
    return length > maxChars ? '' : context.getString(handle);
  }
}
