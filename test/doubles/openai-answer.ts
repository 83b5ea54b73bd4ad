import type { ServerResponse } from 'node:http';
import { streamed, type AnswerWire, type AnswerWriter } from './stand-in-answer.js';
import type { Behaviour } from './stand-in-behaviour.js';
import { callsOf, usageFor, type Asked } from './stand-in-words.js';
import { FrameWriter } from './openai-wire.js';

/** Writes a streamed answer as OpenAI would, with the behaviour's fault in it. */
export async function streamAnswer(
  response: ServerResponse,
  behaviour: Behaviour,
  asked: Asked & { readonly includeUsage: boolean },
): Promise<void> {
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-request-id': 'req_stand_in',
  };
  await streamed(response, behaviour, headers, async (answer) => {
    const frames = new FrameWriter(asked.model);
    await answer.send(frames.delta({ role: 'assistant', content: '', refusal: null }));
    for (let index = 0; index < behaviour.reasoning; index += 1) {
      await answer.send(frames.delta({ reasoning_content: `thought ${index}, ` }));
    }
    await answer.sendTokens(wireOf(frames, behaviour), asked.say);
    await sendToolCalls(answer, behaviour, frames);
    await sendEnd(answer, behaviour, frames, asked.includeUsage ? asked.prompt : undefined);
  });
}

function wireOf(frames: FrameWriter, { fault }: Behaviour): AnswerWire {
  return {
    frame: (text) => frames.delta(fault === 'refusal' ? { refusal: text } : { content: text }),
    malformed: 'data: {"choices":[{"delta":{"content":"secret words\n\n',
    error: 'data: {"error":{"message":"secret words","type":"server_error","code":"overloaded"}}\n\n',
    alive: ': still working\n\n',
  };
}

/** `prompt`: of a request that wants to know what it cost. */
async function sendEnd(
  answer: AnswerWriter,
  behaviour: Behaviour,
  frames: FrameWriter,
  prompt: string | undefined,
): Promise<void> {
  const { fault, tools } = behaviour;
  if (fault === 'no_finish') return;
  const reason = fault === 'content_filter' || fault === 'length' ? fault : tools > 0 ? 'tool_calls' : 'stop';
  await answer.send(frames.finish(reason));
  if (fault === 'stall_before_usage') answer.stop();
  if (fault === 'cut_before_usage') await answer.cut();
  if (prompt !== undefined && fault !== 'no_usage') {
    await answer.send(frames.usage(usageFor(behaviour, prompt)));
  }
  if (fault !== 'no_done') answer.finish('data: [DONE]\n\n');
}

async function sendToolCalls(answer: AnswerWriter, behaviour: Behaviour, frames: FrameWriter): Promise<void> {
  const { fault } = behaviour;
  const calls = callsOf(behaviour);
  for (const [index, { id, name }] of calls.entries()) {
    const opening = { index, id, type: 'function', function: { name, arguments: '' } };
    await answer.send(frames.delta({ tool_calls: [opening] }));
  }
  const longest = Math.max(0, ...calls.map((call) => call.arguments.length));
  for (let start = 0; start < longest; start += 5) {
    const pieces = calls.flatMap((call, index) => {
      const piece = call.arguments.slice(start, start + 5);
      return piece === '' ? [] : [{ index, function: { arguments: piece } }];
    });
    await answer.send(frames.delta({ tool_calls: pieces }));
    if (fault === 'tool_cut') await answer.cut();
  }
}
