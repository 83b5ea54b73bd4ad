import type { CallToolResult, Tool } from '@modelcontextprotocol/client';
import { wordsOf } from '../../core/part-words.js';
import { outputOf } from './result-output.js';

const TOOL: Tool = { name: 'look', inputSchema: { type: 'object' } };

/** The parts of a result with one link, in words. */
async function linked(uri: string, name = 'x'): Promise<string> {
  const result: CallToolResult = { content: [{ type: 'resource_link', uri, name }] };
  const { parts } = await outputOf(TOOL, result);
  return parts.map(wordsOf).join('\n');
}

describe('a link in the result of an MCP server', () => {
  it.each(['https://example.org/a', 'a://4', 'file:///notes', 'notes/4', 'data.csv'])(
    'is one: %s',
    async (uri) => expect(await linked(uri)).toBe(`[x](${uri})`),
  );

  it.each([
    'javascript:alert(1)',
    ' \tJavaScript:alert(1)',
    'java\nscript:alert(1)',
    'vbscript:x',
    'data:text/html,<script>',
  ])('is left out where its address could run something: %j', async (uri) => {
    const words = await linked(uri);
    expect(words).toMatch(/^\[A link in the result is left out/);
    expect(words).not.toContain('script:');
  });

  it('is one alone, whatever its name and its address say', async () => {
    expect(await linked('a://4', 'x](javascript:alert(1)) [y')).toBe('[x)(javascript:alert(1)) (y](a://4)');
    expect(await linked('a://4) [y](javascript:alert(1)')).toBe(
      '[x](a://4%29%20[y]%28javascript:alert%281%29)',
    );
  });
});
