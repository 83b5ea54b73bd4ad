import type { ServerResponse } from 'node:http';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { Behaviour } from './openai-behaviour.js';
import { expectedToolCalls, FrameWriter, token, usageFor } from './openai-wire.js';

/** What of the request shapes its answer. */
export interface Asked {
  readonly model: string;
  readonly prompt: string;
  readonly includeUsage: boolean;
  /** Token by token what is said in place of the usual words. */
  readonly say: readonly string[] | undefined;
}

/** Thrown to stop an answer whose connection is gone, or is to be left as it is. */
class Stopped extends Error {}

/** Writes a streamed answer as OpenAI would, with the behaviour's fault in it. */
export async function streamAnswer(
  response: ServerResponse,
  behaviour: Behaviour,
  asked: Asked,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-request-id': 'req_stand_in',
  });
  response.flushHeaders();
  try {
    if (behaviour.fault === 'hang_after_headers') throw new Stopped();
    const frames = new FrameWriter(asked.model);
    await send(response, behaviour, frames.delta({ role: 'assistant', content: '', refusal: null }));
    await sendTokens(response, behaviour, frames, asked);
    await sendEnd(response, behaviour, frames, asked);
    response.end();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
}

async function sendTokens(
  response: ServerResponse,
  behaviour: Behaviour,
  frames: FrameWriter,
  { say }: Asked,
): Promise<void> {
  const { fault, at, tokens, delay, perWrite } = behaviour;
  for (let index = 0; index < behaviour.reasoning; index += 1) {
    await send(response, behaviour, frames.delta({ reasoning_content: `thought ${index}, ` }));
  }
  let batch = '';
  for (let index = 0; index <= tokens; index += 1) {
    const isFaulty = index === Math.min(at, tokens) && fault !== undefined;
    const isFull = index === tokens || isFaulty || index % perWrite === 0;
    if (batch !== '' && isFull) {
      await send(response, behaviour, batch);
      batch = '';
    }
    if (isFaulty) await misbehave(response, behaviour);
    if (index === tokens) break;
    if (delay > 0) await pause(delay);
    batch += contentFrames(frames, say?.[index] ?? token(index), behaviour);
  }
}

function contentFrames(frames: FrameWriter, text: string, { fault }: Behaviour): string {
  if (fault === 'refusal') return frames.delta({ refusal: text });
  if (fault !== 'split_surrogate') return frames.delta({ content: text });
  const pair = /[\ud800-\udbff]/.exec(text);
  if (pair === null) return frames.delta({ content: text });
  const middle = pair.index + 1;
  return frames.delta({ content: text.slice(0, middle) }) + frames.delta({ content: text.slice(middle) });
}

async function misbehave(response: ServerResponse, { fault }: Behaviour): Promise<void> {
  switch (fault) {
    case 'stall':
      throw new Stopped();
    case 'cut':
      // What was written has to leave the process before the socket is destroyed.
      await pause(20);
      response.destroy();
      throw new Stopped();
    case 'malformed':
      response.write('data: {"choices":[{"delta":{"content":"secret words\n\n');
      return;
    case 'error_frame':
      response.write(
        'data: {"error":{"message":"secret words","type":"server_error","code":"overloaded"}}\n\n',
      );
      throw new Stopped();
    case 'huge_frame':
      response.write(`data: {"choices":[{"delta":{"content":"${'x'.repeat(2_000_000)}"}}]}\n\n`);
      return;
    case 'only_comments':
      while (!response.closed) {
        response.write(': still working\n\n');
        await pause(20);
      }
      throw new Stopped();
    default:
  }
}

async function sendEnd(
  response: ServerResponse,
  behaviour: Behaviour,
  frames: FrameWriter,
  asked: Asked,
): Promise<void> {
  const { fault, tools } = behaviour;
  await sendToolCalls(response, behaviour, frames);
  if (fault === 'no_finish') return;
  const reason = fault === 'content_filter' || fault === 'length' ? fault : tools > 0 ? 'tool_calls' : 'stop';
  await send(response, behaviour, frames.finish(reason));
  if (fault === 'stall_before_usage') throw new Stopped();
  if (fault === 'cut_before_usage') {
    await pause(20);
    response.destroy();
    throw new Stopped();
  }
  if (asked.includeUsage && fault !== 'no_usage') {
    await send(response, behaviour, frames.usage(usageFor(behaviour, asked.prompt)));
  }
  if (fault !== 'no_done') response.write('data: [DONE]\n\n');
  if (fault === 'late_end') await pause(100);
}

async function sendToolCalls(
  response: ServerResponse,
  behaviour: Behaviour,
  frames: FrameWriter,
): Promise<void> {
  const calls = expectedToolCalls(behaviour.tools);
  for (const [index, { id, name }] of calls.entries()) {
    const opening = { index, id, type: 'function', function: { name, arguments: '' } };
    await send(response, behaviour, frames.delta({ tool_calls: [opening] }));
  }
  const longest = Math.max(0, ...calls.map((call) => call.arguments.length));
  for (let start = 0; start < longest; start += 5) {
    const pieces = calls.flatMap((call, index) => {
      const piece = call.arguments.slice(start, start + 5);
      return piece === '' ? [] : [{ index, function: { arguments: piece } }];
    });
    await send(response, behaviour, frames.delta({ tool_calls: pieces }));
    if (behaviour.fault === 'tool_cut') await misbehave(response, { ...behaviour, fault: 'cut' });
  }
}

async function send(response: ServerResponse, { fault }: Behaviour, text: string): Promise<void> {
  if (response.closed || response.destroyed) throw new Stopped();
  if (fault === 'split_utf8' || fault === 'split_lines') {
    for (const piece of fault === 'split_utf8' ? insideCharacters(text) : insideLines(text)) {
      response.write(piece);
      await pause(1);
    }
  } else if (!response.write(text)) {
    await new Promise<void>((resolve) => {
      response.once('drain', resolve);
      response.once('close', resolve);
    });
  } else {
    // Other connections, and the news that this one was closed, have their turn between writes.
    await turn();
  }
}

/** Cuts before every byte that continues a character. */
function* insideCharacters(text: string): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  let start = 0;
  for (let index = 1; index < bytes.length; index += 1) {
    if ((bytes[index]! & 0xc0) !== 0x80) continue;
    yield bytes.subarray(start, index);
    start = index;
  }
  yield bytes.subarray(start);
}

/** Cuts inside the field's name, in the middle of the JSON, and between the two line ends. */
function* insideLines(text: string): Generator<string> {
  for (const frame of text.split(/(?<=\n\n)/)) {
    yield frame.slice(0, 3);
    yield frame.slice(3, 40);
    yield frame.slice(40, -1);
    yield frame.slice(-1);
  }
}
