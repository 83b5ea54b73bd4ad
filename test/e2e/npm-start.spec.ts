import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, startByNpm, type StartedByNpm } from '../support/npm-start.js';
import { until } from '../support/until.js';

/** How else it may end is in npm-start.long.spec.ts. */
describe('npm start', () => {
  let home: string;
  let started: StartedByNpm | undefined;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'threadline-npm-'));
    // Otherwise root's data would be kept elsewhere, where the user that Postgres runs as can reach them.
    await chmod(home, 0o711);
  });
  afterAll(async () => {
    if (started?.child.exitCode === null) started.child.kill('SIGKILL');
    if (started !== undefined && isAlive(started.postmaster)) process.kill(started.postmaster, 'SIGINT');
    await rm(home, { recursive: true, force: true });
  });

  it('is a server with its database that answers, and ends with npm', async () => {
    started = await startByNpm(join(home, 'data'));
    const user = await started.user();
    const threadId = await user.newThread();
    const path = `/chat/threads/${threadId}/messages`;
    const { status, body } = await user.ask('POST', path, { content: 'Who are you?' });
    expect([status, body.message]).toEqual([201, expect.objectContaining({ provider: 'local' })]);

    started.child.kill('SIGTERM');
    await until(started.isOver);
  });
});
