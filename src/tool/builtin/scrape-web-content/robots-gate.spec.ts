import { EgressError, type GuardedAnswer } from '../../../platform/egress/index.js';
import { PageProblem } from './page.js';
import { RobotsGate } from './robots-gate.js';

const SIGNAL = new AbortController().signal;

describe('what sites let programs fetch', () => {
  let asked: string[];
  let answer: { status: number; body: string } | Error;
  let now: number;
  let gate: RobotsGate;
  const check = (url: string) => gate.check(new URL(url), SIGNAL);

  beforeEach(() => {
    asked = [];
    now = 0;
    answer = { status: 200, body: 'User-agent: *\nDisallow: /private' };
    gate = new RobotsGate(
      (url) => {
        asked.push(url);
        if (answer instanceof Error) return Promise.reject(answer);
        return Promise.resolve({ ...answer, body: Buffer.from(answer.body) } as GuardedAnswer);
      },
      () => now,
    );
  });

  it('is asked once for each origin, and again after some minutes', async () => {
    await check('https://example.org/a');
    await expect(check('https://example.org/private?b')).rejects.toBeInstanceOf(PageProblem);
    expect(asked).toEqual(['https://example.org/robots.txt']);
    await check('http://example.org/a');
    await check('https://example.org:8443/a');
    expect(asked).toHaveLength(3);
    now = 10 * 60_000;
    answer = { status: 200, body: '' };
    await check('https://example.org/private');
    expect(asked).toHaveLength(4);
  });

  it('is everything where there is no robots.txt', async () => {
    answer = { status: 404, body: 'User-agent: *\nDisallow: /' };
    await check('https://example.org/private');
  });

  it('is everything where it redirects without end', async () => {
    answer = new EgressError('redirects', 'The server redirects more than 5 times.');
    await check('https://example.org/private');
  });

  it('is nothing where the server fails, and is asked again at once', async () => {
    answer = { status: 503, body: '' };
    await expect(check('https://example.org/a')).rejects.toThrow('robots.txt cannot be read (status 503)');
    answer = new EgressError('time', 'The server did not answer within 8 seconds.');
    await expect(check('https://example.org/a')).rejects.toBe(answer);
    answer = { status: 200, body: '' };
    await check('https://example.org/a');
  });

  it('is kept of a bounded number of sites, the latest', async () => {
    for (let site = 0; site <= 200; site += 1) await check(`https://${site}.example.org/`);
    asked = [];
    await check('https://200.example.org/');
    await check('https://1.example.org/');
    expect(asked).toEqual([]);
    await check('https://0.example.org/');
    expect(asked).toHaveLength(1);
  });

  it('is kept within a bounded size', async () => {
    answer = { status: 200, body: `User-agent: *\n${`Disallow: /${'x'.repeat(900)}\n`.repeat(500)}` };
    for (let site = 0; site < 20; site += 1) await check(`https://${site}.example.org/`);
    asked = [];
    await check('https://19.example.org/');
    expect(asked).toEqual([]);
    await check('https://0.example.org/');
    expect(asked).toHaveLength(1);
  });
});
