import type {
  ContentBlock,
  GetPromptResult,
  Prompt,
  ReadResourceResult,
  Resource,
} from '@modelcontextprotocol/client';
import type { ServerPrompt, ServerResource } from '../../ports/tool-servers.js';

const MAX_NAME = 200;
const MAX_DESCRIPTION = 2_000;
const MAX_URI = 2_000;
const MAX_ARGUMENTS = 50;
const MAX_MESSAGES = 100;

/** What a server says of a resource, within bounds. */
export function resourceOf({ uri, name, title, description, mimeType }: Resource): ServerResource {
  return {
    uri: cut(uri, MAX_URI),
    name: cut(name, MAX_NAME),
    ...(title !== undefined && { title: cut(title, MAX_NAME) }),
    ...(description !== undefined && { description: cut(description, MAX_DESCRIPTION) }),
    ...(mimeType !== undefined && { mediaType: cut(mimeType, MAX_NAME) }),
  };
}

/** What a server says of a prompt, within bounds. */
export function promptOf({ name, title, description, arguments: args = [] }: Prompt): ServerPrompt {
  return {
    name: cut(name, MAX_NAME),
    ...(title !== undefined && { title: cut(title, MAX_NAME) }),
    ...(description !== undefined && { description: cut(description, MAX_DESCRIPTION) }),
    arguments: args.slice(0, MAX_ARGUMENTS).map((one) => ({
      name: cut(one.name, MAX_NAME),
      ...(one.description !== undefined && { description: cut(one.description, MAX_DESCRIPTION) }),
      required: one.required ?? false,
    })),
  };
}

/** What a prompt says as text, above each message whose it is meant to be; of what is no text it is said what it is. */
export function promptText({ messages = [] }: Partial<GetPromptResult>, maxChars: number): string {
  const texts = messages
    .slice(0, MAX_MESSAGES)
    .map(
      ({ role, content }) =>
        `${role === 'assistant' ? 'Assistant' : 'User'}:\n${blockText(content, maxChars)}`,
    );
  return cut(texts.join('\n\n').replaceAll('\0', ''), maxChars);
}

function blockText(content: ContentBlock, maxChars: number): string {
  if (content.type === 'text') return content.text.slice(0, maxChars);
  if (content.type === 'resource') return textOf({ contents: [content.resource] }, maxChars);
  if (content.type === 'resource_link') return `[${cut(content.uri, MAX_URI)}]`;
  return `[${content.type === 'image' ? 'An image' : 'A recording'} is not shown here.]`;
}

/** What was read as text; of what is none it is said what it is. */
export function textOf({ contents = [] }: Partial<ReadResourceResult>, maxChars: number): string {
  const texts = contents.map((one) =>
    'text' in one
      ? one.text.slice(0, maxChars)
      : `[${Math.floor((one.blob.length * 3) / 4)} bytes of ${cut(one.mimeType ?? 'no known type', MAX_NAME)}]`,
  );
  return cut(texts.join('\n\n').replaceAll('\0', ''), maxChars);
}

function cut(text: string, length: number): string {
  return text.slice(0, length).toWellFormed();
}
