import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { startWebhookReceiver, type WebhookReceiver } from '../doubles/webhook-receiver.js';

/** The secret that the receiver checks signatures with. */
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

/** A receiver of what happens in `acme`, and the settings of a server that tells it, for the specs of the surrounding block. */
export function webhookStage() {
  let folder: string;
  let standIn: OpenAiStandIn;
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'webhooks-'));
    standIn = await startOpenAiStandIn();
    receiver = await startWebhookReceiver(WEBHOOK_SECRET);
    const crm = { org: 'acme', url: receiver.url, secretEnv: 'CRM_SECRET' };
    writeFileSync(join(folder, 'webhooks.json'), JSON.stringify({ webhooks: { crm } }));
  });
  afterAll(async () => {
    await receiver?.close();
    await standIn?.close();
    rmSync(folder, { recursive: true });
  });
  return {
    get receiver() {
      return receiver;
    },
    get environment(): Record<string, string> {
      const WEBHOOKS_FILE = join(folder, 'webhooks.json');
      return {
        OPENAI_URL: standIn.url,
        WEBHOOKS_FILE,
        CRM_SECRET: WEBHOOK_SECRET,
        EGRESS_ALLOW: receiver.host,
      };
    },
  };
}
