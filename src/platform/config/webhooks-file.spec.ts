import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWebhooksFile } from './webhooks-file.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('the file of webhooks', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'webhooks-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (content: unknown, environment: Record<string, string> = { CRM: SECRET }) => {
    const path = join(folder, 'webhooks.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return readWebhooksFile(path, environment);
  };
  const crm = { org: 'acme', url: 'https://crm.example.com/hooks', secretEnv: 'CRM' };

  it('says whom to tell of what', () => {
    const { webhooks, problems } = read({ webhooks: { crm, all: { ...crm, events: ['run_ended'] } } });
    expect(problems).toEqual([]);
    expect(webhooks).toEqual([
      {
        ...{ name: 'crm', org: 'acme', url: crm.url, key: Buffer.alloc(32, 7) },
        events: ['turn_waiting', 'turn_ended', 'run_ended'],
      },
      expect.objectContaining({ name: 'all', events: ['run_ended'] }),
    ]);
  });

  it('may be absent', () => {
    expect(readWebhooksFile(undefined, {})).toEqual({ webhooks: [], problems: [] });
  });

  it.each([
    ['is no JSON', '{', /is not JSON/],
    ['names no organisation', { webhooks: { crm: { ...crm, org: undefined } } }, /webhooks\.crm\.org/],
    [
      'has an address of another kind',
      { webhooks: { crm: { ...crm, url: 'ftp://x' } } },
      /webhooks\.crm: url is/,
    ],
    [
      'has a password in an address',
      { webhooks: { crm: { ...crm, url: 'https://a:b@x.y' } } },
      /crm: url is/,
    ],
    [
      'names a variable that is not set',
      { webhooks: { crm: { ...crm, secretEnv: 'X' } } },
      /crm: X is not set/,
    ],
    ['has a name with blanks', { webhooks: { 'c r m': crm } }, /small letters/],
    ['tells of what there is not', { webhooks: { crm: { ...crm, events: ['other'] } } }, /events/],
    ['has a word that means nothing', { webhooks: { crm: { ...crm, other: 1 } } }, /other/],
  ])('is refused when it %s', (_what, content, problem) => {
    const { webhooks, problems } = read(content);
    expect(webhooks).toEqual([]);
    expect(problems.join('\n')).toMatch(problem);
    expect(problems.every((line) => line.startsWith('WEBHOOKS_FILE: '))).toBe(true);
  });

  it('is refused with a secret that is none, which it does not repeat', () => {
    for (const secret of ['secret', 'whsec_c2hvcnQ=', `${SECRET}x!`]) {
      const { problems } = read({ webhooks: { crm } }, { CRM: secret });
      expect(problems).toEqual([expect.stringMatching(/CRM is `whsec_` and 24 to 64 bytes/)]);
      expect(problems.join()).not.toContain(secret);
    }
  });
});
