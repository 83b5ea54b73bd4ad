import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

describe('installing the packages', () => {
  it('tells nobody that it was done, though a package would by default', async () => {
    const heard: string[] = [];
    const listener = createServer((request, response) => {
      heard.push(request.url ?? '');
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    // The script gives `npm ls` three seconds, which a busy machine may not have for it.
    let output = '';
    for (let attempt = 1; attempt <= 5 && !output.includes('disabled'); attempt += 1) {
      output = await outputOfScript(port);
    }
    listener.close();

    expect(heard).toEqual([]);
    expect(output).toContain('disabled');
  });
});

/** What the package's script says where it would report to this port. */
async function outputOfScript(port: number): Promise<string> {
  const root = process.cwd();
  const script = spawn(process.execPath, [join(root, 'node_modules/@scarf/scarf/report.js')], {
    cwd: join(root, 'node_modules/@scarf/scarf'),
    env: { ...process.env, INIT_CWD: root, SCARF_VERBOSE: 'true', SCARF_LOCAL_PORT: String(port) },
  });
  let output = '';
  script.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
  script.stderr.on('data', (piece: Buffer) => (output += piece.toString()));
  await once(script, 'close');
  return output;
}
