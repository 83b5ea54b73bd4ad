import { encodeFrame } from './sse.js';

describe('the wire of an event stream', () => {
  it('gives a durable frame its id, and no other', () => {
    expect(encodeFrame({ id: 7, data: '{}' })).toBe('id: 7\ndata: {}\n\n');
    expect(encodeFrame({ data: '{}' })).toBe('data: {}\n\n');
  });

  it('names a frame of a wire that names its events', () => {
    expect(encodeFrame({ event: 'delta', data: '{}' })).toBe('event: delta\ndata: {}\n\n');
  });
});
