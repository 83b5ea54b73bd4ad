// Reads texts from stdin, a JSON array, and says of each whether Mermaid's own parser takes it, and as what.
import { text } from 'node:stream/consumers';
import { parseHTML } from 'linkedom';

// It asks for a page when it is loaded.
const { window } = parseHTML('<html><body></body></html>');
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import('mermaid');

const parsed = [];
for (const graph of JSON.parse(await text(process.stdin))) {
  parsed.push(
    await mermaid.parse(graph).then(
      ({ diagramType }) => diagramType,
      (error) => `error: ${error.message}`,
    ),
  );
}
process.stdout.write(JSON.stringify(parsed));
