import type { Message } from '../../kernel/index.js';
import type { WholeBranch } from '../app/read-branch.js';
import { markdownBlock } from './markdown-block.js';

/** A way to write down a branch: what its files are, and their text, message by message. */
export interface ExportFormat {
  readonly mediaType: string;
  readonly extension: string;
  write(branch: WholeBranch): AsyncGenerator<string, void, undefined>;
}

/** The formats by their names in `?format=`. */
export const EXPORT_FORMATS = {
  json: { mediaType: 'application/json; charset=utf-8', extension: 'json', write: asJson },
  markdown: { mediaType: 'text/markdown; charset=utf-8', extension: 'md', write: asMarkdown },
} as const satisfies Record<string, ExportFormat>;

async function* asJson({ thread, messages }: WholeBranch): AsyncGenerator<string, void, undefined> {
  yield `{"thread":${JSON.stringify(thread)},"messages":[`;
  let separator = '';
  for await (const message of messages) {
    yield separator + JSON.stringify(message);
    separator = ',';
  }
  yield ']}';
}

async function* asMarkdown({ thread, messages }: WholeBranch): AsyncGenerator<string, void, undefined> {
  yield `# ${oneLine(thread.title ?? 'Untitled')}\n`;
  for await (const message of messages) yield section(message);
}

const SPEAKERS = { user: 'User', assistant: 'Assistant', tool: 'Tool', system: 'System' } as const;

function section(message: Message): string {
  const { role, content, status, provider, model, createdAt, citations } = message;
  const from = provider === null || model === null ? '' : ` (${oneLine(`${provider}/${model}`)})`;
  const parts = [
    `\n## ${SPEAKERS[role]}${from}, ${createdAt}\n`,
    ...(content === '' ? [] : [`\n${markdownBlock(content.trimEnd())}\n`]),
    ...(status === 'complete' ? [] : [`\n*${status}*\n`]),
    ...(citations.length === 0
      ? []
      : ['\n', ...citations.map(({ marker, title }) => `- ${marker} ${oneLine(title)}\n`)]),
  ];
  return parts.join('');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
