import { Environment } from '@marcbachmann/cel-js';
import { VIEW_NAMES, type View } from './template.js';

/** UTF-16 code units of an expression. */
export const MAX_EXPRESSION = 2_000;
/** How long the lists and texts may be that an expression is given. */
const MAX_LIST = 500;
const MAX_TEXT = 10_000;
const MAX_VALUES = 20_000;

/** All that can be called. Nothing of it takes longer than it takes to read what it is given, once. */
const FUNCTIONS = new Set([
  ...['has', 'size', 'contains', 'startsWith', 'endsWith', 'lowerAscii', 'upperAscii', 'trim'],
  ...['int', 'double', 'string', 'bool', 'type', 'dyn', 'all', 'exists', 'exists_one', 'filter', 'map'],
]);
/** Those that go through a list: one of them inside of another one would go through it many times over. */
const LOOPS = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

interface Node {
  readonly op: string;
  readonly args: unknown;
}

const environment = VIEW_NAMES.reduce(
  (all, name) => all.registerVariable(name, 'dyn'),
  new Environment({
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 200, maxDepth: 32, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 8 },
  }),
);

type Parsed = ReturnType<Environment['parse']>;
const parsed = new Map<string, Parsed>();
const MAX_PARSED = 1_000;

/** What is wrong with an expression, as the rest of a sentence; absent: nothing. */
export function expressionProblem(expression: string): string | undefined {
  if (expression.length > MAX_EXPRESSION) return `has more than ${MAX_EXPRESSION} characters`;
  try {
    const program = environment.parse(expression);
    const called = callProblem(program.ast, 0);
    if (called !== undefined) return called;
    const check = program.check();
    return check.valid ? undefined : `is not valid: ${firstLine(check.error)}`;
  } catch (error) {
    return `cannot be read: ${firstLine(error)}`;
  }
}

/** What an expression comes to, as JSON. Throws an error for what it cannot be computed from. */
export function evaluate(expression: string, view: View): unknown {
  const counter = { left: MAX_VALUES };
  const context = Object.fromEntries(VIEW_NAMES.map((name) => [name, given(view[name] ?? null, counter)]));
  return jsonOf(programOf(expression)(context));
}

/** Why an expression could not be computed, in one line. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0]!.slice(0, 200);
}

function programOf(expression: string): Parsed {
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  const program = environment.parse(expression);
  if (parsed.size >= MAX_PARSED) parsed.clear();
  parsed.set(expression, program);
  return program;
}

/** The tree is at most as deep as the parser allows. */
function callProblem(node: unknown, loops: number): string | undefined {
  if (Array.isArray(node)) return firstOf(node, (inner) => callProblem(inner, loops));
  if (typeof node !== 'object' || node === null || !('op' in node)) return undefined;
  const { op, args } = node as Node;
  if (op === 'value' || op === 'id' || !Array.isArray(args)) return undefined;
  if (op !== 'call' && op !== 'rcall') return callProblem(args, loops);
  const [name, ...rest] = args as [string, ...unknown[]];
  if (!FUNCTIONS.has(name)) return `calls ${JSON.stringify(name)}: there are ${[...FUNCTIONS].join(', ')}`;
  const inside = loops + (LOOPS.has(name) ? 1 : 0);
  if (inside > 1) return 'goes through a list inside of going through another one';
  // What it is called on is looked at before, and once.
  const on = op === 'rcall' ? callProblem(rest.shift(), loops) : undefined;
  return on ?? callProblem(rest, inside);
}

function firstOf<Item>(items: readonly Item[], find: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A bounded copy in CEL's terms, where whole numbers are integers. */
function given(value: unknown, counter: { left: number }): unknown {
  counter.left -= 1;
  if (counter.left < 0) throw new RangeError('there is too much for an expression to look at');
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === 'string') return value.slice(0, MAX_TEXT);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    if (value.length > MAX_LIST) throw new RangeError(`a list of more than ${MAX_LIST} cannot be looked at`);
    return value.map((item) => given(item, counter));
  }
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [name, inner] of Object.entries(value)) copy[name] = given(inner, counter);
  return copy;
}

function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, inner]) => [String(name), jsonOf(inner)]));
  if (typeof value !== 'object') return null;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonOf(inner)]));
}
