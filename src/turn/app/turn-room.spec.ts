import { TurnRoom } from './turn-room.js';

describe('the room for turns', () => {
  it('has so many places, and takes each back once', () => {
    const room = new TurnRoom({ MAX_CONCURRENT_TURNS: 2 });
    const leave = room.take();
    room.take();
    expect(room.free).toBe(0);
    leave();
    leave();
    expect(room.free).toBe(1);
  });

  it('has none left, and not fewer, when more turns came than it was made for', () => {
    const room = new TurnRoom({ MAX_CONCURRENT_TURNS: 1 });
    const leaves = [room.take(), room.take(), room.take()];
    expect(room.free).toBe(0);
    leaves.forEach((leave) => leave());
    expect(room.free).toBe(1);
  });

  it('says when it becomes full, and when it has a place again', () => {
    const room = new TurnRoom({ MAX_CONCURRENT_TURNS: 2 });
    const heard: number[] = [];
    room.onChanged(() => heard.push(room.free));
    const first = room.take();
    const second = room.take();
    second();
    first();
    expect(heard).toEqual([0, 1]);
  });
});
