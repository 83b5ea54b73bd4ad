import { toMessage, wireChunk } from './sse.js';

describe('the wire of an event stream', () => {
  it('gives a durable frame its id, and the first frame the time to come back', () => {
    expect(toMessage({ id: 7, data: '{}' }, true)).toEqual({ id: '7', data: '{}', retry: 1_000 });
    expect(toMessage({ id: 8, data: '{}' }, false)).toEqual({ id: '8', data: '{}' });
  });

  it('sends a frame without an id without one, whatever the framework makes of it', () => {
    const { id } = toMessage({ data: '{}' }, false);

    expect(wireChunk(`id: ${id}\nretry: 1000\ndata: {}\n\n`)).toBe('retry: 1000\ndata: {}\n\n');
    expect(wireChunk(`event: delta\nid: ${id}\ndata: {}\n\n`)).toBe('event: delta\ndata: {}\n\n');
  });

  it('leaves what has an id, and comments, as they are', () => {
    expect(wireChunk('id: 12\ndata: {"content":"id: -\\n"}\n\n')).toBe(
      'id: 12\ndata: {"content":"id: -\\n"}\n\n',
    );
    expect(wireChunk(': ping\n\n')).toBe(': ping\n\n');
  });

  it('sends nothing before the first frame', () => {
    expect(wireChunk('\n')).toBe('');
  });
});
