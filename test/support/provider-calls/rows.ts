/** An event that has no name. */
export const frame = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;

/** A call as it is to come out. */
export type Call = readonly [name: string, input: object];
/** A call. */
export const PARIS: Call = ['get_weather', { city: 'Paris' }];
/** Another one of the same tool. */
export const ROME: Call = ['get_weather', { city: 'Rome' }];
/** One of another tool. */
export const TIME: Call = ['get_time', { zone: 'CET' }];
/** One that has no arguments. */
export const NOW: Call = ['now', {}];

/** All of a call, in one piece. */
export const whole = ([name, input]: Call, more: object = {}) => ({
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
  ...more,
});
/** The calls {@link PARIS} and {@link TIME} in the words of a field that no wire has. */
export const PARIS_AND_TIME = [PARIS, TIME].map(([name, input]) => ({
  name,
  arguments: JSON.stringify(input),
}));

/** What a server sends, and the calls that come of it; `undefined`: an error, and no call. */
export type Row = readonly [name: string, body: string, expected: readonly Call[] | undefined];
