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

/** What of an output is kept: the parts that fit, in their order, and the beginning of a text that does not. */
export function boundOutput({ parts, structured }: ToolOutput, maxChars: number): BoundOutput {
  const kept: OutputPart[] = [];
  let left = maxChars;
  let isCut = parts.length > MAX_PARTS;
  for (const part of parts.slice(0, MAX_PARTS).map(storable)) {
    const size = sizeOf(part);
    if (size <= left) kept.push(part);
    else {
      isCut = true;
      if (part.type === 'text' && left > 0)
        kept.push({ type: 'text', text: part.text.slice(0, left).toWellFormed() });
    }
    left = Math.max(0, left - size);
  }
  const json = structured === undefined ? undefined : storableText(JSON.stringify(structured) ?? 'null');
  if (json === undefined) return { parts: kept, isCut };
  return json.length > maxChars ? { parts: kept, isCut: true } : { parts: kept, structured: json, isCut };
}

/** What tools return may be anything; a text in Postgres has no NUL and no half of a character. */
function storable(part: OutputPart): OutputPart {
  const named = namesOf(part);
  if ('text' in named) return { ...named, text: storableText(named.text) };
  return 'data' in named ? { ...named, data: canonical(named.data) } : named;
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function namesOf(part: OutputPart): OutputPart {
  const names = Object.entries(part).filter(([field]) => field !== 'text' && field !== 'data');
  const bounded = names.map(([field, value]) => [
    field,
    typeof value === 'string' ? storableText(value.slice(0, MAX_NAME_CHARS)) : (value as unknown),
  ]);
  return { ...part, ...(Object.fromEntries(bounded) as object) };
}

/** The same bytes in Base64 as everybody reads it: some encode without padding, in the alphabet of URLs, or in lines. */
function canonical(base64: string): string {
  const isCanonical = base64.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(base64.replace(/={1,2}$/, ''));
  return isCanonical ? base64 : Buffer.from(base64, 'base64').toString('base64');
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
