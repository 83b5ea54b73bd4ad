import { slicesOf, yieldToEventLoop } from '../../kernel/index.js';

/** The weight up to which values become JSON in one go, which takes a millisecond or two: a unit for each unit of text. */
const MAX_WEIGHT = 200_000;
const VALUE_WEIGHT = 40;
/** Values inside of so many others become JSON with what is in them, however much that is. */
const MAX_DEPTH = 64;

/** A value as JSON, or nothing where that has more than so many UTF-16 code units. A large one holds up nobody. */
export async function jsonWithin(value: unknown, maxChars: number): Promise<string | undefined> {
  const pieces: string[] = [];
  let length = 0;
  for await (const piece of piecesOf(value, [])) {
    pieces.push(piece);
    length += piece.length;
    if (length > maxChars) return undefined;
  }
  return pieces.join('');
}

/**
 * The JSON of a value, piece by piece, as `JSON.stringify` has it as a whole; `above` are the values that it is in. A circle
 * weighs too much to be left to `JSON.stringify`, which V8 lets write gigabytes before it sees one of long texts.
 */
async function* piecesOf(value: unknown, above: readonly unknown[]): AsyncGenerator<string, void> {
  if (above.includes(value)) throw new TypeError('A value that is in itself has no JSON');
  if (above.length >= MAX_DEPTH || weightOf(value) <= MAX_WEIGHT) yield JSON.stringify(value) ?? 'null';
  else if (typeof value === 'string') yield* piecesOfText(value);
  else if (Array.isArray(value)) yield* piecesOfList(value, [...above, value]);
  else yield* piecesOfObject(value as Readonly<Record<string, unknown>>, [...above, value]);
}

async function* piecesOfText(text: string): AsyncGenerator<string, void> {
  yield '"';
  for await (const slice of slicesOf(text)) yield JSON.stringify(slice).slice(1, -1);
  yield '"';
}

async function* piecesOfList(
  list: readonly unknown[],
  above: readonly unknown[],
): AsyncGenerator<string, void> {
  let before = '[';
  for (const run of runsOf(list, weightOf)) {
    yield before;
    before = ',';
    if (run.length === 1) yield* piecesOf(run[0], above);
    else yield JSON.stringify(run).slice(1, -1);
    await yieldToEventLoop();
  }
  yield ']';
}

async function* piecesOfObject(
  object: Readonly<Record<string, unknown>>,
  above: readonly unknown[],
): AsyncGenerator<string, void> {
  let before = '{';
  for (const run of runsOf(Object.keys(object), (key) => key.length + weightOf(object[key]))) {
    const [key] = run;
    const isLarge = run.length === 1 && key !== undefined && weightOf(object[key]) > MAX_WEIGHT;
    const members = Object.fromEntries(run.map((name) => [name, object[name]]));
    const json = isLarge ? `${JSON.stringify(key)}:` : JSON.stringify(members).slice(1, -1);
    // Of members that are no JSON there is nothing.
    if (json === '') continue;
    yield before + json;
    before = ',';
    if (isLarge) yield* piecesOf(object[key], above);
    await yieldToEventLoop();
  }
  yield before === '{' ? '{}' : '}';
}

/** Neighbours that become JSON together. */
function* runsOf<Item>(items: readonly Item[], weigh: (item: Item) => number): Generator<Item[], void> {
  let run: Item[] = [];
  let weight = 0;
  for (const item of items) {
    const own = weigh(item);
    if (run.length > 0 && weight + own > MAX_WEIGHT) {
      yield run;
      [run, weight] = [[], 0];
    }
    run.push(item);
    weight += own;
  }
  if (run.length > 0) yield run;
}

/** How much work a value is; of one that is too much to do in one go, that it is. */
function weightOf(value: unknown): number {
  let weight = 0;
  const left = [value];
  for (let next = left.pop(); ; next = left.pop()) {
    weight += VALUE_WEIGHT + (typeof next === 'string' ? next.length : 0);
    // What says itself what it is as JSON is not looked into.
    if (typeof next === 'object' && next !== null && !('toJSON' in next)) {
      const names = Array.isArray(next) ? [] : Object.keys(next);
      const count = Array.isArray(next) ? next.length : names.length;
      if (weight + count * VALUE_WEIGHT > MAX_WEIGHT) return Infinity;
      for (const name of names) weight += name.length;
      left.push(...(Object.values(next) as unknown[]));
    }
    if (weight > MAX_WEIGHT) return Infinity;
    if (left.length === 0) return weight;
  }
}
