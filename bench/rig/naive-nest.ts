import {
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  Post,
  RequestMethod,
  Sse,
  type MessageEvent,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { Observable } from 'rxjs';
import { answerParent } from './worker.ts';

/*
 * What most would write first, and a second thing to be compared with: a Nest server on Fastify that asks the provider
 * with its SDK and sends each token as an event. It stores nothing and knows no users. Its argument is the provider's port.
 */

type Messages = OpenAI.ChatCompletionMessageParam[];

const provider = new OpenAI({ baseURL: `http://127.0.0.1:${process.argv[2]}/v1`, apiKey: 'none' });
const model = 'bench';

@Controller()
class ChatController {
  @Sse('chat/stream', { method: RequestMethod.POST })
  @HttpCode(200)
  stream(@Body() { messages }: { messages: Messages }): Observable<MessageEvent> {
    return new Observable((subscriber) => {
      const left = new AbortController();
      const say = async () => {
        const { signal } = left;
        const answer = await provider.chat.completions.create({ model, messages, stream: true }, { signal });
        for await (const { choices } of answer) {
          const content = choices[0]?.delta.content;
          if (content) subscriber.next({ data: { content } });
        }
        subscriber.next({ type: 'done', data: {} });
        subscriber.complete();
      };
      say().catch((error: unknown) => subscriber.error(error));
      return () => left.abort();
    });
  }

  @Post('chat')
  @HttpCode(200)
  async whole(@Body() { messages }: { messages: Messages }) {
    const { choices } = await provider.chat.completions.create({ model, messages });
    return { content: choices[0]?.message.content };
  }

  @Get('health')
  health() {
    return { status: 'ok' };
  }
}

@Module({ controllers: [ChatController] })
class AppModule {}

const handlers = {
  listen: async (): Promise<number> => {
    const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
      logger: ['error', 'warn'],
    });
    await app.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
    return (app.getHttpServer().address() as AddressInfo).port;
  },
};
export type NaiveNest = typeof handlers;
answerParent(handlers);
