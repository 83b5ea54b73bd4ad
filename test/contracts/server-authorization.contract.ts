import { AppError, newId, type Person } from '../../src/kernel/index.js';
import type { AuthorizationAnswer, ServerAuthorization } from '../../src/tool/ports/server-authorization.js';
import type { ServerTarget } from '../../src/tool/ports/tool-servers.js';

/** Where people log in, and what becomes of it. */
export interface LoginStage {
  readonly authorization: ServerAuthorization;
  readonly target: ServerTarget;
  /** Opens the address as a person who agrees: what the browser comes back with. */
  agree(address: string): Promise<{ readonly state: string; readonly answer: AuthorizationAnswer }>;
}

const BACK = 'http://127.0.0.1:1/mcp/oauth/callback';

/** Holds an implementation to every promise of {@link ServerAuthorization}. */
export function describeServerAuthorization(name: string, setUp: () => Promise<LoginStage>): void {
  describe(`logins with ${name}`, () => {
    let stage: LoginStage;
    let ada: Person;
    beforeEach(async () => {
      stage = await setUp();
      ada = { org: newId(), id: 'ada' };
    });
    const begun = async () => stage.agree(await stage.authorization.begin(ada, stage.target, BACK));
    const why = (promise: Promise<unknown>) =>
      promise.then(
        () => undefined,
        (error: unknown) => (error instanceof AppError ? error.code : error),
      );

    it('are taken once, redeemed for whom they were begun, and taken back', async () => {
      const { authorization, target } = stage;
      const { state, answer } = await begun();
      const login = await authorization.take(state);
      expect(login).toMatchObject({ person: ada, server: target.name });
      expect(await authorization.take(state)).toBeUndefined();
      expect(await authorization.revoke(ada, target)).toBe(false);
      await authorization.redeem(login!, target, answer);
      expect(await authorization.revoke({ ...ada, id: 'eve' }, target)).toBe(false);
      expect(await authorization.revoke(ada, target)).toBe(true);
      expect(await authorization.revoke(ada, target)).toBe(false);
    });

    it.each(['', 'a', 'x'.repeat(43), '../../x'])('are not there for the state %j', async (state) => {
      expect(await stage.authorization.take(state)).toBeUndefined();
    });

    it('come to nothing, in words, where the answer is not from there, or no answer', async () => {
      const { authorization, target } = stage;
      const answers = (good: AuthorizationAnswer): readonly AuthorizationAnswer[] => [
        ...[
          { ...good, iss: 'https://evil.example' },
          { ...good, iss: undefined },
        ],
        ...[{ iss: good.iss }, { ...good, code: 'another' }, { iss: good.iss, error: 'access_denied' }],
      ];
      for (let index = 0; index < 5; index += 1) {
        const { state, answer } = await begun();
        const login = await authorization.take(state);
        const redeeming = authorization.redeem(login!, target, answers(answer)[index]!);
        expect(await why(redeeming)).toMatch(/^(PROVIDER_ERROR|STATE_CONFLICT)$/);
      }
      expect(await authorization.revoke(ada, target)).toBe(false);
    });

    it('are for the address at which the server was when they began', async () => {
      const { authorization, target } = stage;
      const { state, answer } = await begun();
      const login = await authorization.take(state);
      const endpoint = { transport: 'http' as const, url: 'https://elsewhere.example/mcp', headers: {} };
      expect(await why(authorization.redeem(login!, { ...target, endpoint }, answer))).toBe('STATE_CONFLICT');
    });

    it('are not there for programs, and for servers that are not there', async () => {
      const { authorization, target } = stage;
      const program = { transport: 'stdio' as const, command: 'a', args: [], env: {} };
      const gone = { transport: 'http' as const, url: 'http://127.0.0.1:9/mcp', headers: {} };
      expect(await why(authorization.begin(ada, { ...target, endpoint: program }, BACK))).toBe(
        'STATE_CONFLICT',
      );
      expect(await why(authorization.begin(ada, { ...target, endpoint: gone }, BACK))).toBe(
        'PROVIDER_UNAVAILABLE',
      );
    });
  });
}
