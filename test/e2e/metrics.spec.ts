import { readFileSync } from 'node:fs';
import { startTestServer, type TestServer } from '../support/test-server.js';

describe('the metrics of a server', () => {
  let server: TestServer | undefined;
  afterAll(() => server?.close());

  it('are what docs/metrics.md says, and nothing else of our own', async () => {
    server = await startTestServer();
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const served = [...text.matchAll(/^# TYPE (threadline_\S+) (\w+)$/gm)].map(([, name, kind]) => [
      name,
      kind,
    ]);
    const rows = [...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(threadline_\w+)` +\| (\w+) /gm)];
    expect(rows.map(([, name, kind]) => [name, kind]).toSorted()).toEqual(served.toSorted());
  });
});
