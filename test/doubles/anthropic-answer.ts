import type { ServerResponse } from 'node:http';
import { claudeUsage, deltaFrame, eventFrame, startFrame, stopReasonFor } from './anthropic-wire.js';
import { streamed, type AnswerWire, type AnswerWriter } from './stand-in-answer.js';
import type { Behaviour } from './stand-in-behaviour.js';
import { callsOf, type Asked } from './stand-in-words.js';

/** Writes a streamed answer as Anthropic would, with the behaviour's fault in it. */
export async function streamMessage(
  response: ServerResponse,
  behaviour: Behaviour,
  asked: Asked,
): Promise<void> {
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'request-id': 'req_stand_in',
  };
  await streamed(response, behaviour, headers, (answer) => new Message(answer, behaviour, asked).write());
}

class Message {
  private index = 0;

  constructor(
    private readonly answer: AnswerWriter,
    private readonly behaviour: Behaviour,
    private readonly asked: Asked,
  ) {}

  async write(): Promise<void> {
    const { behaviour, asked } = this;
    const { fault } = behaviour;
    const usage = claudeUsage(behaviour, asked.prompt);
    await this.answer.send(
      startFrame(asked.model, fault === 'no_usage' ? undefined : { ...usage, output_tokens: 1 }),
    );
    await this.answer.send(eventFrame({ type: 'ping' }));
    await this.think();
    await this.say();
    await this.call();
    await this.end(usage);
  }

  private async block(start: Readonly<Record<string, unknown>>, inside: () => Promise<void>): Promise<void> {
    const { index } = this;
    await this.answer.send(eventFrame({ type: 'content_block_start', index, content_block: start }));
    await inside();
    await this.answer.send(eventFrame({ type: 'content_block_stop', index }));
    this.index += 1;
  }

  private async think(): Promise<void> {
    if (this.behaviour.reasoning === 0) return;
    await this.block({ type: 'thinking', thinking: '', signature: '' }, async () => {
      for (let count = 0; count < this.behaviour.reasoning; count += 1) {
        await this.answer.send(
          deltaFrame(this.index, { type: 'thinking_delta', thinking: `thought ${count}, ` }),
        );
      }
      await this.answer.send(deltaFrame(this.index, { type: 'signature_delta', signature: 'signed' }));
    });
  }

  private async say(): Promise<void> {
    const { fault, tokens } = this.behaviour;
    if (tokens === 0 && (fault === undefined || fault === 'empty')) return;
    await this.block({ type: 'text', text: '' }, () => this.answer.sendTokens(this.wire(), this.asked.say));
  }

  private wire(): AnswerWire {
    const error = { type: 'overloaded_error', message: 'secret words' };
    return {
      frame: (text) => deltaFrame(this.index, { type: 'text_delta', text }),
      malformed: 'event: content_block_delta\ndata: {"type":"content_block_delta","text":"secret words\n\n',
      error: eventFrame({ type: 'error', error }),
      alive: eventFrame({ type: 'ping' }),
    };
  }

  private async call(): Promise<void> {
    for (const { id, name, arguments: text } of callsOf(this.behaviour)) {
      await this.block({ type: 'tool_use', id, name, input: {} }, async () => {
        await this.answer.send(deltaFrame(this.index, { type: 'input_json_delta', partial_json: '' }));
        for (let start = 0; start < text.length; start += 5) {
          if (this.behaviour.fault === 'tool_cut' && start >= 10) await this.answer.cut();
          const partial_json = text.slice(start, start + 5);
          await this.answer.send(deltaFrame(this.index, { type: 'input_json_delta', partial_json }));
        }
      });
    }
  }

  private async end(usage: { readonly output_tokens: number }): Promise<void> {
    const { fault, tools } = this.behaviour;
    if (fault === 'no_finish') return;
    const delta = { stop_reason: stopReasonFor(this.behaviour, tools > 0), stop_sequence: null };
    const { output_tokens } = usage;
    await this.answer.send(
      eventFrame({
        type: 'message_delta',
        delta,
        ...(fault === 'no_usage' ? {} : { usage: { output_tokens } }),
      }),
    );
    if (fault === 'stall_before_usage') this.answer.stop();
    if (fault === 'cut_before_usage') await this.answer.cut();
    if (fault !== 'no_done') this.answer.finish(eventFrame({ type: 'message_stop' }));
  }
}
