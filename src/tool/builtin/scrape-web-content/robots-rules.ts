import { yieldToEventLoop } from '../../../kernel/index.js';

/** More of a robots.txt is not kept. */
const MAX_RULES = 5_000;
const MAX_PATTERN_CHARS = 1_000;
const MAX_STARS = 10;
/** Lines or rules that are worked through between two looks at the clock, and how long that may go on. */
const BATCH = 200;
const SLICE_MS = 5;

export interface RobotsRule {
  readonly isAllowed: boolean;
  readonly pattern: string;
}

/** The rules of a robots.txt (RFC 9309) for a product, or those for everybody where it is not named. */
export async function robotsRules(text: string, product: string): Promise<readonly RobotsRule[]> {
  const groups = { own: [] as RobotsRule[], all: [] as RobotsRule[] };
  let isOwnNamed = false;
  let named: (keyof typeof groups)[] = [];
  let isNaming = false;
  const slices = new Slices();
  for (const line of text.split(/\r\n|\r|\n/)) {
    await slices.next();
    const [, key, value = ''] = /^\s*([a-z-]+)\s*:([^#]*)/i.exec(line) ?? [];
    const name = key?.toLowerCase();
    if (name === 'user-agent') {
      if (!isNaming) named = [];
      isNaming = true;
      const agent = /^\s*([a-z_-]+|\*)/i.exec(value)?.[1]?.toLowerCase();
      if (agent === product.toLowerCase()) {
        named.push('own');
        isOwnNamed = true;
      } else if (agent === '*') named.push('all');
    } else if (name === 'allow' || name === 'disallow') {
      isNaming = false;
      const pattern = value.trim().replace(/\*+/g, '*');
      if (pattern === '' || pattern.length > MAX_PATTERN_CHARS) continue;
      if (pattern.split('*').length > MAX_STARS) continue;
      for (const group of named) {
        if (groups[group].length < MAX_RULES) {
          groups[group].push({ isAllowed: name === 'allow', pattern: normalised(pattern) });
        }
      }
    }
  }
  return isOwnNamed ? groups.own : groups.all;
}

/** Whether a path with its query may be fetched: the longest pattern that matches says so, and of two the kinder. */
export async function mayFetch(rules: readonly RobotsRule[], pathAndQuery: string): Promise<boolean> {
  const path = normalised(pathAndQuery);
  const slices = new Slices();
  let longest = -1;
  let isAllowed = true;
  for (const rule of rules) {
    await slices.next();
    const { length } = rule.pattern;
    if (length < longest || (length === longest && isAllowed) || !matches(path, rule.pattern)) continue;
    longest = length;
    isAllowed = rule.isAllowed;
  }
  return isAllowed;
}

/** Whether a path fits a pattern, in which `*` is any characters, and `$` at the end is the end. */
function matches(path: string, pattern: string): boolean {
  const isToEnd = pattern.endsWith('$');
  const parts = (isToEnd ? pattern.slice(0, -1) : pattern).split('*');
  const [first = '', ...rest] = parts;
  if (!path.startsWith(first)) return false;
  if (rest.length === 0) return !isToEnd || path.length === first.length;
  const last = isToEnd ? (rest.pop() ?? '') : '';
  let at = first.length;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return path.length - last.length >= at && path.endsWith(last);
}

/** Escapes alike, so that the same path is the same text. */
function normalised(path: string): string {
  return path
    .toWellFormed()
    .replace(/[^\x21-\x7e]+/g, encodeURIComponent)
    .replace(/%[0-9a-f]{2}/gi, (escape) => {
      const character = String.fromCharCode(parseInt(escape.slice(1), 16));
      return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
    });
}

/** Lets others have the event loop every few milliseconds. */
class Slices {
  private count = 0;
  private began = performance.now();

  async next(): Promise<void> {
    this.count += 1;
    if (this.count % BATCH !== 0 || performance.now() - this.began < SLICE_MS) return;
    await yieldToEventLoop();
    this.began = performance.now();
  }
}
