import pg from 'pg';
import { freshDatabase } from '../setup/test-database.js';
import { startServerProcess } from '../support/server-process.js';
import { webhookStage } from '../support/webhook-stage.js';

const on = webhookStage();

describe('a process that is killed while it delivers', () => {
  it('leaves it to another one, which delivers it under the same id', async () => {
    const database = await freshDatabase();
    const client = new pg.Client({ connectionString: database.connectionString });
    const settings = { ...on.environment, DATABASE_URL: database.connectionString };
    const first = await startServerProcess(settings);
    try {
      await client.connect();
      const alice = await first.user();
      const threadId = await alice.newThread();
      on.receiver.reactsWith('hang');
      await alice.ask('POST', `/chat/threads/${threadId}/messages`, { content: 'Hi [[tokens=2]]' });
      const isOwn = ({ body }: { body: { data: Record<string, unknown> } }) =>
        body.data['threadId'] === threadId;
      const [lost] = await on.receiver.got(1, isOwn);
      expect(await first.end('SIGKILL')).toBe('SIGKILL');
      // A minute passes: whoever has claimed it would have said something by now.
      await client.query('UPDATE webhook_deliveries SET next_at = now()');
      const second = await startServerProcess(settings);
      try {
        const [, again] = await on.receiver.got(2, isOwn);
        expect(again).toMatchObject({ id: lost!.id, body: lost!.body, isSigned: true });
      } finally {
        await second.end('SIGKILL');
      }
    } finally {
      await first.end('SIGKILL');
      await client.end();
      await database.drop();
    }
  });
});
