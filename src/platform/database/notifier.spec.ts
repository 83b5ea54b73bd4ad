import { Logger } from '@nestjs/common';
import { Notifier } from './notifier.js';
import type { Queryable } from './sql.js';

/** A database that answers a statement when it is told to. */
class SlowDatabase implements Queryable {
  readonly sent: string[][] = [];
  private answers: PromiseWithResolvers<[]>[] = [];

  query<Row>(_: unknown, [channels, payloads]: readonly unknown[] = []): Promise<Row[]> {
    this.sent.push(
      (channels as string[]).map((channel, index) => `${channel} ${(payloads as string[])[index]}`),
    );
    const answer = Promise.withResolvers<[]>();
    this.answers.push(answer);
    return answer.promise;
  }

  answer(): void {
    this.answers.shift()!.resolve([]);
  }

  fail(error: Error): void {
    this.answers.shift()!.reject(error);
  }

  async until(count: number): Promise<void> {
    while (this.sent.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('a notifier', () => {
  let database: SlowDatabase;
  let notifier: Notifier;
  beforeEach(() => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    database = new SlowDatabase();
    notifier = new Notifier(database);
  });
  afterEach(() => jest.restoreAllMocks());

  it('sends what is told in one step by one statement, and what is told meanwhile by the next one', async () => {
    notifier.notify('users', 'a');
    notifier.notifyOf('log', 'me:', '1');
    await database.until(1);
    notifier.notifyOf('log', 'me:', '2');
    notifier.notify('users', 'b');
    notifier.notifyOf('log', 'me:', '3');
    database.answer();
    await database.until(2);
    database.answer();
    await notifier.sent();
    expect(database.sent).toEqual([
      ['users a', 'log me:1'],
      ['log me:2,3', 'users b'],
    ]);
  });

  it('says when what was told before is sent, whatever is told after', async () => {
    const order: string[] = [];
    notifier.notify('users', 'a');
    await database.until(1);
    notifier.notify('users', 'b');
    const sent = notifier.sent().then(() => order.push('a and b are sent'));
    database.answer();
    await database.until(2);
    notifier.notify('users', 'c');
    order.push('b is sent');
    database.answer();
    await sent;
    await database.until(3);
    order.push('c is sent');
    database.answer();
    await notifier.sent();
    await notifier.sent();
    expect(order).toEqual(['b is sent', 'a and b are sent', 'c is sent']);
  });

  it('sends again what could not be sent, before the rest', async () => {
    notifier.notify('users', 'a');
    await database.until(1);
    notifier.notify('users', 'b');
    database.fail(new Error('Connection terminated unexpectedly'));
    await database.until(2);
    database.answer();
    await database.until(3);
    database.answer();
    await notifier.sent();
    expect(database.sent).toEqual([['users a'], ['users a'], ['users b']]);
  });

  it('says that some may be lost where they are refused for good', async () => {
    notifier.notify('users', 'a');
    await database.until(1);
    database.fail(Object.assign(new Error('too many notifications'), { code: '54000', severity: 'ERROR' }));
    await database.until(2);
    database.answer();
    await notifier.sent();
    expect(database.sent).toEqual([['users a'], ['users ']]);
  });

  it('sends what there is when it is closed, and nothing after', async () => {
    notifier.notify('users', 'a');
    const closed = notifier.close();
    await database.until(1);
    database.answer();
    await closed;
    notifier.notify('users', 'b');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(database.sent).toEqual([['users a']]);
  });
});
