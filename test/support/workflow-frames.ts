import { Stored } from '../chaos/stored.js';
import type { OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { framesUntil, type ReceivedFrame } from './sse-client.js';
import type { TestServer } from './test-server.js';
import type { TestUser } from './test-user.js';

/** The types of the frames, of those that follow each other alike one. */
export function orderOf(frames: readonly ReceivedFrame[]): string[] {
  return frames.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
}

/** What was told of steps, in short. */
export function statusesIn(frames: readonly ReceivedFrame[]): string[] {
  return frames.flatMap(({ type, data }) =>
    type === 'workflow_status' ? [`${data['status']} ${data['step']}`] : [],
  );
}

/** What each of these steps tells where it says nothing to anybody and the run goes on. */
export function through(...steps: readonly string[]): string[] {
  return steps.flatMap((step, at) => [
    `step_started ${step}`,
    `step_completed ${step}`,
    ...(at < steps.length - 1 ? [`transitioned ${steps[at + 1]}`] : []),
  ]);
}

/** What the model was asked for last, as its messages say it. */
export function lastAsked({ requests }: Pick<OpenAiStandIn, 'requests'>): string {
  return JSON.stringify(requests.at(-1)!.body.messages);
}

/** Sends a message for which the model says these one after the other, and reads to the frame of the type. */
export async function said(
  standIn: OpenAiStandIn,
  user: TestUser,
  { threadId, content, end = 'done' }: { threadId: string; content: string; end?: 'done' | 'suspended' },
  ...answers: readonly string[]
): Promise<ReceivedFrame[]> {
  standIn.script(...answers.map((say) => ({ say })));
  return framesUntil(await user.stream(threadId, content), end);
}

/** What the thread's stream says from behind these frames on, to the end of the turn. */
export async function rest(
  user: TestUser,
  threadId: string,
  before: readonly ReceivedFrame[],
): Promise<ReceivedFrame[]> {
  const last = before.findLast(({ id }) => id !== undefined)!.id;
  const stream = await user.watch(threadId, last);
  const frames = await framesUntil(stream, 'done');
  stream.close();
  return frames;
}

/** What the turn of these frames waits for, as the frames say it. */
export function asksIn(frames: readonly ReceivedFrame[]): ReceivedFrame['data'][] {
  return frames.filter(({ type }) => type === 'input_required').map(({ data }) => data);
}

/** Lets the time of an input pass. */
export async function expire(server: TestServer, inputId: string): Promise<void> {
  const stored = new Stored(server.connectionString);
  await stored.query(`UPDATE inputs SET expires_at = now() WHERE id = '${inputId}' RETURNING id`);
  await stored.close();
}
