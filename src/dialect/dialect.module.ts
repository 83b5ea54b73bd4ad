import { Module } from '@nestjs/common';
import { ChatModule } from '../chat/index.js';
import { LlmModule } from '../llm/index.js';
import { StreamModule } from '../stream/index.js';
import { AnswerOneShot } from './one-shot/answer-one-shot.js';
import { OneShotController } from './one-shot/one-shot.controller.js';
import { FollowMessage } from './post-then-follow/follow-message.js';
import { PostThenFollowController } from './post-then-follow/post-then-follow.controller.js';
import { StartMessage } from './post-then-follow/start-message.js';
import { OpenAiDialectModule } from './openai/openai-dialect.module.js';
import { StreamingModel } from './streaming-model.js';
import { StreamConversation } from './named-events/stream-conversation.js';
import { NamedEventsController } from './named-events/named-events.controller.js';
import { TurnSpeech } from './turn-speech.js';
import { WireStreams } from './wire-streams.js';

/** The wires of other systems: the same turns, providers and limits in their clients' own words. */
@Module({
  imports: [ChatModule, LlmModule, OpenAiDialectModule, StreamModule],
  controllers: [OneShotController, PostThenFollowController, NamedEventsController],
  providers: [
    AnswerOneShot,
    FollowMessage,
    StartMessage,
    StreamConversation,
    StreamingModel,
    TurnSpeech,
    WireStreams,
  ],
})
export class DialectModule {}
