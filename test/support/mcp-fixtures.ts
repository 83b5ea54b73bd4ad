/** The tools, prompts and resources that the protocol's own conformance suite asks of a server. */
import {
  completable,
  fromJsonSchema,
  inputRequired,
  ResourceTemplate,
  type CallToolResult,
  type McpServer,
  type ServerEvent,
} from '@modelcontextprotocol/server';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { McpFeature } from '../../src/dialect/mcp/mcp-feature.js';
import { accepted, ASKING, codec, fields, registerQuestions, text } from './mcp-question-fixtures.js';

/** With the keywords that a server must hand on as they are. */
const RICH_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object' as const,
  $defs: { address: { type: 'object', properties: { city: { type: 'string' } } } },
  properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
  additionalProperties: false,
};

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

const image = { type: 'image', data: PNG, mimeType: 'image/png' } as const;
const embedded = (uri: string, mimeType: string, said: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: said },
});

const listeners = new Set<(event: ServerEvent) => void>();

/** What the suite calls, behind our own transport, authentication and limits. */
export const conformanceFixtures: McpFeature = {
  register(server) {
    registerContents(server);
    registerReports(server);
    registerQuestions(server);
    registerPrompts(server);
    registerResources(server);
  },
  follow(_caller, changed) {
    listeners.add(changed);
    return () => listeners.delete(changed);
  },
  readState: (state, context) => codec.verify(state, context).catch(() => undefined),
};

function registerContents(server: McpServer): void {
  const answers: Readonly<Record<string, CallToolResult>> = {
    test_simple_text: text('This is a simple text response for testing.'),
    test_image_content: { content: [image] },
    test_audio_content: { content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] },
    test_embedded_resource: {
      content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
    },
    test_multiple_content_types: {
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        image,
        embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
      ],
    },
  };
  for (const [name, answer] of Object.entries(answers))
    server.registerTool(name, { description: `Fixture ${name}` }, () => answer);
  server.registerTool('test_error_handling', { description: 'Fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has a schema with every keyword', inputSchema: fromJsonSchema(RICH_SCHEMA) },
    () => text('Fits.'),
  );
}

function registerReports(server: McpServer): void {
  for (const kind of ['tool', 'prompt'] as const)
    server.registerTool(`test_trigger_${kind}_change`, { description: 'Changes' }, () => {
      for (const changed of listeners) changed({ kind: `${kind}s_list_changed` });
      return text('Changed.');
    });
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Tells of its progress' },
    async ({ mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined)
          await mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress, total: 100 },
          });
        if (progress < 100) await pause(50);
      }
      return text('Done.');
    },
  );
  for (const name of ['test_tool_with_logging', 'test_logging_tool']) {
    server.registerTool(name, { description: 'Logs' }, async ({ mcpReq }) => {
      for (const said of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await mcpReq.log('info', said);
        await pause(50);
      }
      return text('Logged.');
    });
  }
}

function registerPrompts(server: McpServer): void {
  const user = (content: typeof image | ReturnType<typeof embedded> | { type: 'text'; text: string }) => ({
    role: 'user' as const,
    content,
  });
  const said = (words: string) => user({ type: 'text', text: words });
  server.registerPrompt('test_simple_prompt', { description: 'Simple' }, () => ({
    messages: [said('This is a simple prompt for testing.')],
  }));
  const arg = completable(z.string(), (typed) =>
    ['paris', 'park', 'party'].filter((word) => word.startsWith(typed)),
  );
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Has arguments', argsSchema: z.object({ arg1: arg, arg2: z.string() }) },
    ({ arg1, arg2 }) => ({ messages: [said(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Embeds', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        user(embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
        said('Please process the embedded resource above.'),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Has an image' }, () => ({
    messages: [user(image), said('Please analyze the image above.')],
  }));
  const question = inputRequired.elicit({
    message: 'What context should the prompt use?',
    requestedSchema: fields({ context: { type: 'string' } }),
  });
  server.registerPrompt(`${ASKING}prompt`, { description: 'Asks' }, ({ mcpReq }) => {
    const { context } = accepted(mcpReq, 'user_context') ?? {};
    if (typeof context !== 'string') return inputRequired({ inputRequests: { user_context: question } });
    return { messages: [said(`In the context of ${context}.`)] };
  });
}

function registerResources(server: McpServer): void {
  const read = (uri: string, mimeType: string, words: string) => ({
    contents: [{ uri, mimeType, text: words }],
  });
  for (const [name, words] of [
    ['static-text', 'This is the content of the static text resource.'],
    ['watched-resource', 'Watch this.'],
  ] as const)
    server.registerResource(
      name,
      `test://${name}`,
      { description: name, mimeType: 'text/plain' },
      ({ href }) => read(href, 'text/plain', words),
    );
  server.registerResource('static-binary', 'test://static-binary', { description: 'Binary' }, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'image/png', blob: PNG }],
  }));
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'A template', mimeType: 'application/json' },
    ({ href }, { id }) =>
      read(
        href,
        'application/json',
        JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      ),
  );
}
