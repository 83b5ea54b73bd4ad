import { execFile } from 'node:child_process';
import { sized } from '../support/size.js';

/** What a script of the built server says and ends with where Node has the version. */
function runOn(
  node: string,
  script: string,
): Promise<{ readonly code: number | null; readonly words: string }> {
  const claim = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(claim)}`, `dist/src/${script}.js`];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { timeout: 30_000 }, (_, out, err) =>
      resolve({ code: child.exitCode, words: out + err }),
    );
  });
}

describe('a Node that is too old', () => {
  it.each(sized(['main', 'backup'], ['main', 'worker', 'backup', 'restore', 'providers-health']))(
    'is told in words by %s, with what to run instead',
    async (script) => {
      const { code, words } = await runOn('20.20.2', script);

      expect(words).toBe(
        'This is Node 20.20.2, and Threadline needs 22.13 or later. Use npm (npm start, npm run …), which takes the Node ' +
          `that is installed with it, or name that one: node_modules/.bin/node dist/src/${script}.js\n`,
      );
      expect(code).toBe(1);
    },
    120_000,
  );

  it.each(['22.13.0', '26.10.0'])('is none of version %s', async (node) => {
    const { words } = await runOn(node, 'backup');

    expect(words).toContain('Usage: npm run backup -- FILE');
  });
});
