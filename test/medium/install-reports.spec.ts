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
    const root = process.cwd();
    const script = spawn(process.execPath, [join(root, 'node_modules/@scarf/scarf/report.js')], {
      cwd: join(root, 'node_modules/@scarf/scarf'),
      env: {
        ...process.env,
        INIT_CWD: root,
        SCARF_VERBOSE: 'true',
        SCARF_LOCAL_PORT: String((listener.address() as AddressInfo).port),
      },
    });
    let output = '';
    script.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
    script.stderr.on('data', (piece: Buffer) => (output += piece.toString()));
    await once(script, 'close');
    listener.close();

    expect(heard).toEqual([]);
    expect(output).toContain('disabled');
  });
});
