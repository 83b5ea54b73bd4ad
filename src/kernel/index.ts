export * from './app-error.js';
export { assertNever } from './assert-never.js';
export * from './caller.js';
export { newId } from './ids.js';
export * from './message.js';
export * from './step.js';
export * from './turn-event.js';
export { patiently, restFor, within } from './within.js';
export { yieldToEventLoop } from './yield.js';
