import type { ServerResponse } from 'node:http';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { claudeUsage, deltaFrame, eventFrame, startFrame, stopReasonFor } from './anthropic-wire.js';
import type { Behaviour } from './openai-behaviour.js';
import { expectedToolCalls, token } from './openai-wire.js';

/** What of the request shapes its answer. */
export interface Asked {
  readonly model: string;
  readonly prompt: string;
  /** Token by token what is said in place of the usual words. */
  readonly say: readonly string[] | undefined;
}

/** Thrown to stop an answer whose connection is gone, or is to be left as it is. */
class Stopped extends Error {}

/** Writes a streamed answer as Anthropic would, with the behaviour's fault in it. */
export async function streamMessage(
  response: ServerResponse,
  behaviour: Behaviour,
  asked: Asked,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'request-id': 'req_stand_in',
  });
  response.flushHeaders();
  try {
    if (behaviour.fault === 'hang_after_headers') throw new Stopped();
    await new Answer(response, behaviour, asked).write();
    response.end();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
}

class Answer {
  private index = 0;

  constructor(
    private readonly response: ServerResponse,
    private readonly behaviour: Behaviour,
    private readonly asked: Asked,
  ) {}

  async write(): Promise<void> {
    const { behaviour, asked } = this;
    const { fault } = behaviour;
    const usage = claudeUsage(behaviour, asked.prompt);
    await this.send(
      startFrame(asked.model, fault === 'no_usage' ? undefined : { ...usage, output_tokens: 1 }),
    );
    await this.send(eventFrame({ type: 'ping' }));
    await this.think();
    await this.say();
    await this.call();
    await this.end(usage);
  }

  private async block(start: Readonly<Record<string, unknown>>, inside: () => Promise<void>): Promise<void> {
    const { index } = this;
    await this.send(eventFrame({ type: 'content_block_start', index, content_block: start }));
    await inside();
    await this.send(eventFrame({ type: 'content_block_stop', index }));
    this.index += 1;
  }

  private async think(): Promise<void> {
    if (this.behaviour.reasoning === 0) return;
    await this.block({ type: 'thinking', thinking: '', signature: '' }, async () => {
      for (let count = 0; count < this.behaviour.reasoning; count += 1) {
        await this.send(deltaFrame(this.index, { type: 'thinking_delta', thinking: `thought ${count}, ` }));
      }
      await this.send(deltaFrame(this.index, { type: 'signature_delta', signature: 'signed' }));
    });
  }

  /** A block of text; a fault strikes before the token of its number. */
  private async say(): Promise<void> {
    const { fault, at, tokens, delay, perWrite } = this.behaviour;
    if (tokens === 0 && (fault === undefined || fault === 'empty')) return;
    await this.block({ type: 'text', text: '' }, async () => {
      let batch = '';
      for (let index = 0; index <= tokens; index += 1) {
        const isFaulty = index === Math.min(at, tokens) && fault !== undefined;
        const isFull = index === tokens || isFaulty || index % perWrite === 0;
        if (batch !== '' && isFull) {
          await this.send(batch);
          batch = '';
        }
        if (isFaulty) await this.misbehave();
        if (index === tokens) break;
        if (delay > 0) await pause(delay);
        batch += this.textFrames(this.asked.say?.[index] ?? token(index));
      }
    });
  }

  private textFrames(text: string): string {
    const frame = (part: string) => deltaFrame(this.index, { type: 'text_delta', text: part });
    const pair = this.behaviour.fault === 'split_surrogate' ? /[\ud800-\udbff]/.exec(text) : null;
    if (pair === null) return frame(text);
    return frame(text.slice(0, pair.index + 1)) + frame(text.slice(pair.index + 1));
  }

  private async call(): Promise<void> {
    for (const { id, name, arguments: text } of expectedToolCalls(this.behaviour.tools)) {
      await this.block({ type: 'tool_use', id, name, input: {} }, async () => {
        await this.send(deltaFrame(this.index, { type: 'input_json_delta', partial_json: '' }));
        for (let start = 0; start < text.length; start += 5) {
          if (this.behaviour.fault === 'tool_cut' && start >= 10) await this.cut();
          const partial_json = text.slice(start, start + 5);
          await this.send(deltaFrame(this.index, { type: 'input_json_delta', partial_json }));
        }
      });
    }
  }

  private async end(usage: { readonly output_tokens: number }): Promise<void> {
    const { fault, tools } = this.behaviour;
    if (fault === 'no_finish') return;
    const delta = { stop_reason: stopReasonFor(this.behaviour, tools > 0), stop_sequence: null };
    const { output_tokens } = usage;
    await this.send(
      eventFrame({
        type: 'message_delta',
        delta,
        ...(fault === 'no_usage' ? {} : { usage: { output_tokens } }),
      }),
    );
    if (fault === 'stall_before_usage') throw new Stopped();
    if (fault === 'cut_before_usage') await this.cut();
    if (fault !== 'no_done') this.response.write(eventFrame({ type: 'message_stop' }));
    if (fault === 'late_end') await pause(100);
  }

  private async misbehave(): Promise<void> {
    const { response } = this;
    switch (this.behaviour.fault) {
      case 'stall':
        throw new Stopped();
      case 'cut':
        return this.cut();
      case 'malformed':
        response.write(
          'event: content_block_delta\ndata: {"type":"content_block_delta","text":"secret words\n\n',
        );
        return;
      case 'error_frame':
        response.write(
          'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"secret words"}}\n\n',
        );
        throw new Stopped();
      case 'huge_frame':
        response.write(deltaFrame(this.index, { type: 'text_delta', text: 'x'.repeat(2_000_000) }));
        return;
      case 'only_comments':
        while (!response.closed) {
          response.write(eventFrame({ type: 'ping' }));
          await pause(20);
        }
        throw new Stopped();
      default:
    }
  }

  private async cut(): Promise<never> {
    // What was written has to leave the process before the socket is destroyed.
    await pause(20);
    this.response.destroy();
    throw new Stopped();
  }

  private async send(text: string): Promise<void> {
    const { response } = this;
    const { fault } = this.behaviour;
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
