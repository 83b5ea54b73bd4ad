import { slicesOf, yieldToEventLoop } from '../../kernel/index.js';
import { jsonWithin } from './json-within.js';
import type { OutputPart, ToolOutput } from './tool-output.js';

/** Parts that a result has at most. */
const MAX_PARTS = 100;
/** UTF-16 code units of what names a part: a media type, an address, a name. */
const MAX_NAME_CHARS = 2_000;

/** What of an output is within its tool's bound. */
export interface BoundOutput {
  readonly parts: readonly OutputPart[];
  /** The output as data, as JSON. */
  readonly structured?: string;
  /** Some of it is left out. */
  readonly isCut: boolean;
}

/**
 * What of an output is kept: the parts that fit, in their order, and the beginning of a text that does not. However much it
 * is, it holds up nobody.
 */
export async function boundOutput({ parts, structured }: ToolOutput, maxChars: number): Promise<BoundOutput> {
  const kept: OutputPart[] = [];
  let left = maxChars;
  let isCut = parts.length > MAX_PARTS;
  for (const given of parts.slice(0, MAX_PARTS)) {
    const part = await storable(given);
    const size = sizeOf(part);
    if (size <= left) kept.push(part);
    else {
      isCut = true;
      if (part.type === 'text' && left > 0)
        kept.push({ type: 'text', text: part.text.slice(0, left).toWellFormed() });
    }
    left = Math.max(0, left - size);
  }
  if (structured === undefined) return { parts: kept, isCut };
  const json = await jsonWithin(structured, maxChars);
  if (json === undefined) return { parts: kept, isCut: true };
  return { parts: kept, structured: await storableText(json), isCut };
}

/** What tools return may be anything; a text in Postgres has no NUL and no half of a character. */
async function storable(part: OutputPart): Promise<OutputPart> {
  const named = namesOf(part);
  if ('text' in named) return { ...named, text: await storableText(named.text) };
  return 'data' in named ? { ...named, data: await canonical(named.data) } : named;
}

async function storableText(text: string): Promise<string> {
  const slices: string[] = [];
  let isChanged = false;
  for await (const slice of slicesOf(text)) {
    const stored = inUnicode(slice);
    isChanged ||= stored !== slice;
    slices.push(stored);
  }
  return isChanged ? slices.join('') : text;
}

function inUnicode(text: string): string {
  // Many replacements one by one would make a text of many layers.
  return text.toWellFormed().split('\0').join('\ufffd');
}

function namesOf(part: OutputPart): OutputPart {
  const names = Object.entries(part).filter(([field]) => field !== 'text' && field !== 'data');
  const bounded = names.map(([field, value]) => [
    field,
    typeof value === 'string' ? inUnicode(value.slice(0, MAX_NAME_CHARS)) : (value as unknown),
  ]);
  return { ...part, ...(Object.fromEntries(bounded) as object) };
}

/** The same bytes in Base64 as everybody reads it: some encode without padding, in the alphabet of URLs, or in lines. */
async function canonical(base64: string): Promise<string> {
  if (await isCanonical(base64)) return base64;
  await yieldToEventLoop();
  return Buffer.from(base64, 'base64').toString('base64');
}

async function isCanonical(base64: string): Promise<boolean> {
  if (base64.length % 4 !== 0) return false;
  const padding = /={0,2}$/.exec(base64.slice(-2))?.[0].length ?? 0;
  for await (const slice of slicesOf(base64.slice(0, base64.length - padding)))
    if (/[^A-Za-z0-9+/]/.test(slice)) return false;
  return true;
}

function sizeOf(part: OutputPart): number {
  switch (part.type) {
    case 'text':
      return part.text.length;
    case 'image':
    case 'audio':
      return part.data.length;
    case 'resource':
      return part.uri.length + ('text' in part ? part.text.length : part.data.length);
    case 'resource_link':
      return part.uri.length + part.name.length;
  }
}
