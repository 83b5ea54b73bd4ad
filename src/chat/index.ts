export { ChatTurnExecutor } from './app/chat-turn-executor.js';
export { CreateThread } from './app/create-thread.js';
export { ChatExecutionModule, ChatModule } from './chat.module.js';
export { THREAD_STORE, type ThreadStore } from './ports/thread-store.js';
