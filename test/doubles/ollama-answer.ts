import type { ServerResponse } from 'node:http';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { Behaviour } from './openai-behaviour.js';
import { doneReason, LineWriter, numbersFor, tokensOf, wireToolCalls, type Asked } from './ollama-wire.js';

/** Thrown to stop an answer whose connection is gone, or is to be left as it is. */
class Stopped extends Error {}

/** Writes a streamed answer as Ollama would, with the behaviour's fault in it. */
export async function streamChat(
  response: ServerResponse,
  behaviour: Behaviour,
  asked: Asked,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  try {
    if (behaviour.fault === 'hang_after_headers') throw new Stopped();
    const lines = new LineWriter(asked.model);
    await sendTokens(response, behaviour, lines, asked);
    await sendEnd(response, behaviour, lines, asked);
    response.end();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
}

async function sendTokens(
  response: ServerResponse,
  behaviour: Behaviour,
  lines: LineWriter,
  asked: Asked,
): Promise<void> {
  const { fault, at, delay, perWrite } = behaviour;
  const tokens = tokensOf(behaviour, asked);
  for (let index = 0; index < behaviour.reasoning; index += 1) {
    await send(response, behaviour, lines.message({ thinking: `thought ${index}, ` }));
  }
  let batch = '';
  for (let index = 0; index <= tokens.length; index += 1) {
    const isFaulty = index === Math.min(at, tokens.length) && fault !== undefined;
    const isFull = index === tokens.length || isFaulty || index % perWrite === 0;
    if (batch !== '' && isFull) {
      await send(response, behaviour, batch);
      batch = '';
    }
    if (isFaulty) await misbehave(response, behaviour, lines);
    if (index === tokens.length) break;
    if (delay > 0) await pause(delay);
    batch += contentLines(lines, tokens[index]!, behaviour);
  }
}

/** Go writes no half of a pair; servers that imitate Ollama may. */
function contentLines(lines: LineWriter, text: string, { fault }: Behaviour): string {
  const pair = fault === 'split_surrogate' ? /[\ud800-\udbff]/.exec(text) : null;
  if (pair === null) return lines.message({ content: text });
  const middle = pair.index + 1;
  return lines.message({ content: text.slice(0, middle) }) + lines.message({ content: text.slice(middle) });
}

async function misbehave(response: ServerResponse, { fault }: Behaviour, lines: LineWriter): Promise<void> {
  switch (fault) {
    case 'stall':
      throw new Stopped();
    case 'cut':
      return cut(response);
    case 'malformed':
      response.write('{"model":"llama3","message":{"role":"assistant","content":"secret words\n');
      return;
    case 'error_frame':
      response.write(
        '{"error":"an error was encountered while running the model: secret words: unexpected EOF"}\n',
      );
      response.end();
      throw new Stopped();
    case 'huge_frame':
      response.write(lines.message({ content: 'x'.repeat(2_000_000) }));
      return;
    case 'only_comments':
      while (!response.closed) {
        response.write(lines.message({}));
        await pause(20);
      }
      throw new Stopped();
    default:
  }
}

async function sendEnd(
  response: ServerResponse,
  behaviour: Behaviour,
  lines: LineWriter,
  asked: Asked,
): Promise<void> {
  const { fault } = behaviour;
  await sendToolCalls(response, behaviour, lines);
  if (fault === 'no_finish') return;
  // The cost stands in the line that ends the answer: before the one is before the other.
  if (fault === 'stall_before_usage') throw new Stopped();
  if (fault === 'cut_before_usage') await cut(response);
  await send(response, behaviour, lines.done(doneReason(behaviour), numbersFor(behaviour, asked)));
  if (fault === 'late_end') await pause(100);
}

/** The first two calls in one line, each further one in a line of its own: Ollama does both. */
async function sendToolCalls(
  response: ServerResponse,
  behaviour: Behaviour,
  lines: LineWriter,
): Promise<void> {
  const [first, second, ...others] = wireToolCalls(behaviour.tools);
  const together = [first, second].filter((call) => call !== undefined);
  for (const calls of [together, ...others.map((call) => [call])]) {
    if (calls.length === 0) continue;
    const line = lines.message({ tool_calls: calls });
    if (behaviour.fault === 'tool_cut') {
      await send(response, behaviour, line.slice(0, line.indexOf('"arguments"') + 16));
      await cut(response);
    }
    await send(response, behaviour, line);
  }
}

async function cut(response: ServerResponse): Promise<never> {
  // What was written has to leave the process before the socket is destroyed.
  await pause(20);
  response.destroy();
  throw new Stopped();
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

/** Cuts inside a field's name, in the middle of the JSON, and before the line end. */
function* insideLines(text: string): Generator<string> {
  for (const line of text.split(/(?<=\n)/)) {
    yield line.slice(0, 3);
    yield line.slice(3, 40);
    yield line.slice(40, -1);
    yield line.slice(-1);
  }
}
