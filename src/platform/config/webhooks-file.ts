import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What other systems may be told of. */
export const WEBHOOK_EVENTS = ['turn_waiting', 'turn_ended', 'run_ended'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** An address that is told of what happens in an organisation. */
export interface WebhookSettings {
  /** Stays the same when anything else changes: what is still to be delivered goes by it. */
  readonly name: string;
  readonly org: string;
  readonly url: string;
  /** The key that deliveries are signed with. */
  readonly key: Buffer;
  readonly events: readonly WebhookEvent[];
}

const MAX_WEBHOOKS = 200;

const fileSchema = z.object({
  webhooks: z
    .record(
      z.string(),
      z.strictObject({
        org: z.string().min(1).max(255),
        url: z.string().max(2_000),
        secretEnv: z.string().min(1).max(256),
        events: z
          .array(z.enum(WEBHOOK_EVENTS))
          .min(1)
          .default([...WEBHOOK_EVENTS]),
      }),
    )
    .refine((webhooks) => Object.keys(webhooks).length <= MAX_WEBHOOKS, {
      error: `are more than ${MAX_WEBHOOKS}`,
    }),
});
type Entry = z.output<typeof fileSchema>['webhooks'][string];

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** `whsec_` and 24 to 64 bytes in Base64, as Standard Webhooks has it. */
const SECRET = /^whsec_([A-Za-z0-9+/]{32,86}={0,2})$/;

/** Reads and validates the file; each mistake is a sentence in `problems`, never with a value in it. */
export function readWebhooksFile(
  path: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly webhooks: readonly WebhookSettings[]; readonly problems: readonly string[] } {
  if (path === undefined) return { webhooks: [], problems: [] };
  const failed = (...problems: readonly string[]) => ({
    webhooks: [],
    problems: problems.map((problem) => `WEBHOOKS_FILE: ${problem}`),
  });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return failed((error as NodeJS.ErrnoException).code === undefined ? 'is not JSON' : 'cannot be read');
  }
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success)
    return failed(...parsed.error.issues.map(({ path: where, message }) => `${where.join('.')}: ${message}`));
  const problems: string[] = [];
  const webhooks = Object.entries(parsed.data.webhooks).flatMap(([name, entry]) =>
    webhookOf(name, entry, environment, (problem) => problems.push(`webhooks.${name}: ${problem}`)),
  );
  return problems.length > 0 ? failed(...problems) : { webhooks, problems };
}

function webhookOf(
  name: string,
  { org, url, secretEnv, events }: Entry,
  environment: Readonly<Record<string, string | undefined>>,
  say: (problem: string) => void,
): WebhookSettings[] {
  if (!NAME.test(name)) say('its name has up to 64 small letters, digits and `-`');
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username + parsed.password !== '')
    say('url is an http:// or https:// address without a name and a password');
  const secret = environment[secretEnv];
  if (secret === undefined) say(`${secretEnv} is not set`);
  const key = Buffer.from(SECRET.exec(secret ?? '')?.[1] ?? '', 'base64');
  if (secret !== undefined && (key.length < 24 || key.length > 64))
    say(`${secretEnv} is \`whsec_\` and 24 to 64 bytes in Base64`);
  return parsed === null ? [] : [{ name, org, url: parsed.href, key, events: [...new Set(events)] }];
}
