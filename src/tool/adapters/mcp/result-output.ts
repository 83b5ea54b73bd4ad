import type { CallToolResult, ContentBlock, Tool as ForeignTool } from '@modelcontextprotocol/client';
import { foreignSchemaIssues, foreignSchemaProblem } from '../../../platform/json-schema/index.js';
import { jsonWithin } from '../../core/json-within.js';
import type { OutputPart, ToolOutput } from '../../core/tool-output.js';

/** Parts of one result, without the one that says how many are left out. */
const MAX_PARTS = 99;
const MAX_ISSUES = 5;
const MAX_URI = 2_000;
const MAX_LABEL = 200;
const MAX_DESCRIPTION = 500;
/** Addresses that are programs or whole pages themselves: whoever follows one runs it. */
const RUNNABLE: ReadonlySet<string | undefined> = new Set(['javascript:', 'vbscript:', 'data:', 'blob:']);
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,96}/;

/** What a server has answered, as an output: all kinds of content, and data that fit what the tool says it returns. */
export async function outputOf(
  { name, outputSchema }: ForeignTool,
  result: CallToolResult,
): Promise<ToolOutput> {
  const { isError = false, structuredContent: structured } = result;
  const problem = isError ? undefined : structuredProblem(outputSchema, structured);
  if (problem !== undefined)
    return { ok: false, parts: [text(`${name} was called, but its result cannot be used: ${problem}`)] };
  const parts = partsOf(result.content);
  const isDataOnly = parts.length === 0 && structured !== undefined;
  const said = isDataOnly ? [text((await jsonWithin(structured, Infinity)) ?? '')] : parts;
  const hasSaidNothing = isError && said.length === 0;
  return {
    ok: !isError,
    parts: hasSaidNothing ? [text(`${name} failed and does not say why.`)] : said,
    ...(structured !== undefined && !isError && { structured }),
  };
}

function structuredProblem(schema: ForeignTool['outputSchema'], structured: unknown): string | undefined {
  if (schema === undefined) return undefined;
  if (structured === undefined) return 'it lacks the data that the tool says it returns.';
  if (foreignSchemaProblem(schema) !== undefined) return undefined;
  const issues = foreignSchemaIssues(schema, structured).slice(0, MAX_ISSUES);
  if (issues.length === 0) return undefined;
  const lines = issues.map(({ path, message }) => `- ${path === '' ? 'the data' : path}: ${message}`);
  return ['its data are not what the tool says it returns.', ...lines].join('\n');
}

function partsOf(content: readonly ContentBlock[]): OutputPart[] {
  const parts = content.slice(0, MAX_PARTS).map(partOf);
  const left = content.length - parts.length;
  return left === 0 ? parts : [...parts, text(`[${left} further parts of the result are left out.]`)];
}

function partOf(block: ContentBlock): OutputPart {
  switch (block.type) {
    case 'text':
      return text(block.text);
    case 'image':
    case 'audio':
      return mediaPart(block.type, block.data, block.mimeType);
    case 'resource_link':
      return linkPart(block);
    case 'resource':
      return resourcePart(block.resource);
    default:
      return text('[A part of a kind that is not known here is left out.]');
  }
}

type Link = Extract<ContentBlock, { type: 'resource_link' }>;
type Embedded = Extract<ContentBlock, { type: 'resource' }>['resource'];

function linkPart({ uri, name, title, description, mimeType, size }: Link): OutputPart {
  const label = oneLine(name).slice(0, MAX_LABEL) || 'link';
  if (RUNNABLE.has(URL.parse(uri)?.protocol))
    return text('[A link in the result is left out: its address could run something.]');
  return {
    ...{ type: 'resource_link', uri: uri.slice(0, MAX_URI), name: label },
    ...(title !== undefined && { title: oneLine(title).slice(0, MAX_LABEL) || label }),
    ...(description !== undefined && { description: oneLine(description).slice(0, MAX_DESCRIPTION) }),
    ...typed(mimeType),
    ...(size !== undefined && Number.isSafeInteger(size) && size >= 0 && { size }),
  };
}

function resourcePart(resource: Embedded): OutputPart {
  const named = {
    type: 'resource',
    uri: resource.uri.slice(0, MAX_URI),
    ...typed(resource.mimeType),
  } as const;
  if ('text' in resource) return { ...named, text: resource.text };
  const kind = /^(image|audio)\//.exec(named.mediaType ?? '')?.[1] as 'image' | 'audio' | undefined;
  if (kind !== undefined) return mediaPart(kind, resource.blob, named.mediaType);
  return isBase64(resource.blob) ? { ...named, data: resource.blob } : text(unreadable('file'));
}

function mediaPart(type: 'image' | 'audio', data: string, mimeType: string | undefined): OutputPart {
  const { mediaType } = typed(mimeType);
  return mediaType === undefined || !isBase64(data) ? text(unreadable(type)) : { type, data, mediaType };
}

/** What is told as Base64 is Base64, in whichever alphabet, in one line or in several. */
function isBase64(data: string): boolean {
  return /^[A-Za-z0-9+/_\-\s]*={0,2}$/.test(data.trimEnd());
}

function unreadable(kind: string): string {
  return `[The ${kind} in the result cannot be read.]`;
}

function typed(mimeType: string | undefined): { readonly mediaType?: string } {
  const mediaType = MEDIA_TYPE.exec(mimeType ?? '')?.[0].toLowerCase();
  return mediaType === undefined ? {} : { mediaType };
}

function text(words: string): OutputPart {
  return { type: 'text', text: words };
}

function oneLine(words: string): string {
  return words.replace(/\s+/gu, ' ').trim();
}
