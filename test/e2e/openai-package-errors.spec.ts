import { createServer } from 'node:net';
import OpenAI from 'openai';
import { expectedText } from '../doubles/openai-stand-in.js';
import { type Chunk, failure, MODEL, textOf, user } from '../support/openai-package.js';
import { stage } from '../support/stage.js';
import { startTestServer } from '../support/test-server.js';
import { tokenFor } from '../support/test-user.js';

describe('the openai package', () => {
  const on = stage();
  const client = (apiKey = on.alice.token, baseURL = on.server.url) =>
    new OpenAI({ apiKey, baseURL: `${baseURL}/v1`, maxRetries: 0 });
  const completions = () => client().chat.completions;

  describe('throws', () => {
    it('BadRequestError for a body that is not valid, and says where', async () => {
      const error = await failure(
        completions().create({ model: MODEL, messages: user('Hello'), n: 2, temperature: 3 }),
      );
      expect(error).toBeInstanceOf(OpenAI.BadRequestError);
      expect([error.code, error.type, error.param]).toEqual([
        'VALIDATION_FAILED',
        'invalid_request_error',
        null,
      ]);
      const { details } = error.error as { details: { issues: { path: string }[] } };
      expect(details.issues.map(({ path }) => path).sort()).toEqual(['n', 'temperature']);
      expect(error.requestID).toMatch(/^[\w-]+$/);
    });

    it.each([true, false])(
      'BadRequestError for a provider or a model that is not there (stream: %s)',
      async (stream) => {
        const ask = (model: string, content: string) =>
          failure(completions().create({ model, messages: user(content), stream }));
        for (const error of [
          await ask('groq/llama-3.1-8b-instant', 'Hello'),
          await ask(MODEL, 'Hello [[fault=unknown_model]]'),
        ])
          expect(error).toBeInstanceOf(OpenAI.BadRequestError);
        expect((await ask('groq/llama-3.1-8b-instant', 'Hello')).code).toBe('PROVIDER_NOT_CONFIGURED');
        expect((await ask(MODEL, 'Hello [[fault=unknown_model]]')).code).toBe('UNKNOWN_MODEL');
        const long = await ask(MODEL, 'Hello [[fault=context_length]]');
        expect(long).toBeInstanceOf(OpenAI.UnprocessableEntityError);
        expect(long.code).toBe('CONTEXT_TOO_LONG');
      },
    );

    it('AuthenticationError without a token that counts', async () => {
      const stranger = client('no-token');
      for (const error of [
        await failure(stranger.models.list()),
        await failure(stranger.chat.completions.create({ model: MODEL, messages: user('Hello') })),
        await failure(stranger.embeddings.create({ model: MODEL, input: 'Hello' })),
      ]) {
        expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
        expect([error.code, error.type]).toEqual(['UNAUTHENTICATED', 'authentication_error']);
      }
    });

    it('NotFoundError for what is not offered', async () => {
      const error = await failure(client().files.list());
      expect(error).toBeInstanceOf(OpenAI.NotFoundError);
      expect(error.code).toBe('NOT_FOUND');
    });

    it('RateLimitError when it asks too often, and when the provider says so', async () => {
      const limited = await startTestServer({ RATE_LIMIT: '1/hour', OPENAI_URL: on.standIn.url });
      const alice = client(await tokenFor({}), limited.url);
      await alice.models.list();
      const error = await failure(alice.models.list());
      await limited.close();
      expect(error).toBeInstanceOf(OpenAI.RateLimitError);
      expect([error.code, error.type]).toEqual(['RATE_LIMITED', 'rate_limit_error']);
      expect(Number(error.headers!.get('retry-after'))).toBeGreaterThan(0);
    });

    it.each([true, false])('InternalServerError for a provider that fails (stream: %s)', async (stream) => {
      const closed = await closedPort();
      const server = await startTestServer({
        OPENAI_URL: `http://127.0.0.1:${closed}/v1`,
        LLM_MAX_RETRIES: '0',
      });
      const asked = client(on.alice.token, server.url).chat.completions.create({
        model: MODEL,
        messages: user('Hello'),
        stream,
      });
      const error = await failure(asked);
      await server.close();
      expect(error).toBeInstanceOf(OpenAI.InternalServerError);
      expect([error.status, error.code, error.type]).toEqual([503, 'PROVIDER_UNAVAILABLE', 'server_error']);
    });

    it('APIError in the middle of a stream, after what had come', async () => {
      const chunks: Chunk[] = [];
      const error = await failure(
        (async () => {
          const stream = await completions().create({
            model: MODEL,
            messages: user('Hello [[tokens=20 fault=cut:5]]'),
            stream: true,
          });
          for await (const chunk of stream) chunks.push(chunk);
        })(),
      );
      expect(textOf(chunks)).toBe(expectedText(5));
      expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).not.toContain('stop');
      expect([error.code, error.type]).toEqual(['PROVIDER_ERROR', 'server_error']);
      expect(error.error).toMatchObject({ retryable: true, param: null, details: expect.any(Object) });
    });

    it('at once what would not go better a second time, however often it may try', async () => {
      const before = on.standIn.requests.length;
      const patient = new OpenAI({ apiKey: on.alice.token, baseURL: `${on.server.url}/v1`, maxRetries: 3 });
      const error = await failure(
        patient.chat.completions.create({ model: MODEL, messages: user('Hello [[fault=unauthorized]]') }),
      );
      expect(error.code).toBe('PROVIDER_ERROR');
      expect(on.standIn.requests.length - before).toBe(1);
    });
  });
});

async function closedPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
