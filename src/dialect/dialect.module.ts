import { Module } from '@nestjs/common';
import { ChatModule } from '../chat/index.js';
import { LlmModule } from '../llm/index.js';
import { StreamModule } from '../stream/index.js';
import { AnswerChat } from './chat/answer-chat.js';
import { ChatController } from './chat/chat.controller.js';
import { FollowMessage } from './messages/follow-message.js';
import { MessageStreamsController } from './messages/message-streams.controller.js';
import { StartMessage } from './messages/start-message.js';
import { OpenAiDialectModule } from './openai/openai-dialect.module.js';
import { FindChat } from './stream/find-chat.js';
import { StartOnce } from './stream/start-once.js';
import { StreamingModel } from './streaming-model.js';
import { StreamConversation } from './stream/stream-conversation.js';
import { StreamController } from './stream/stream.controller.js';
import { TurnSpeech } from './turn-speech.js';
import { WireStreams } from './wire-streams.js';

/** The wires of other systems: the same turns, providers and limits in their clients' own words. */
@Module({
  imports: [ChatModule, LlmModule, OpenAiDialectModule, StreamModule],
  controllers: [ChatController, MessageStreamsController, StreamController],
  providers: [
    AnswerChat,
    FindChat,
    FollowMessage,
    StartMessage,
    StartOnce,
    StreamConversation,
    StreamingModel,
    TurnSpeech,
    WireStreams,
  ],
})
export class DialectModule {}
