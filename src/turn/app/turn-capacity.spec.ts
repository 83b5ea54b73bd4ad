import { TurnCapacity } from './turn-capacity.js';

describe('the room for turns', () => {
  it('has so many places, and takes each back once', () => {
    const room = new TurnCapacity({ MAX_CONCURRENT_TURNS: 2 });
    const leave = room.acquire();
    room.acquire();
    expect(room.free).toBe(0);
    leave();
    leave();
    expect(room.free).toBe(1);
  });

  it('has none left, and not fewer, when more turns came than it was made for', () => {
    const room = new TurnCapacity({ MAX_CONCURRENT_TURNS: 1 });
    const leaves = [room.acquire(), room.acquire(), room.acquire()];
    expect(room.free).toBe(0);
    leaves.forEach((leave) => leave());
    expect(room.free).toBe(1);
  });

  it('says when it becomes full, and when a place is given back', () => {
    const room = new TurnCapacity({ MAX_CONCURRENT_TURNS: 2 });
    const heard: number[] = [];
    room.onChanged(() => heard.push(room.free));
    const first = room.acquire();
    const second = room.acquire();
    second();
    first();
    expect(heard).toEqual([0, 1, 2]);
  });

  const user = (id: string, org = 'acme') => ({ org, id });
  /** How many of the user's turns begin, one after the other. */
  function fill(room: TurnCapacity, owner: ReturnType<typeof user>): number {
    let taken = 0;
    for (; room.hasCapacityFor(owner); taken += 1) room.acquire(owner);
    return taken;
  }

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [5, 3],
    [1_000, 888],
  ])('of %i places gives one user %i at most', (places, most) => {
    expect(fill(new TurnCapacity({ MAX_CONCURRENT_TURNS: places }), user('ada'))).toBe(most);
  });

  it('has one for another user of the organisation, and one for another organisation', () => {
    const room = new TurnCapacity({ MAX_CONCURRENT_TURNS: 5 });
    fill(room, user('ada'));
    expect(fill(room, user('bob'))).toBe(1);
    expect(fill(room, user('eve'))).toBe(0);
    expect(fill(room, user('zoe', 'other'))).toBe(1);
    expect(room.free).toBe(0);
  });

  it('is shared by many users, nearly all of it', () => {
    const room = new TurnCapacity({ MAX_CONCURRENT_TURNS: 100 });
    const users = Array.from({ length: 10 }, (_, index) => user(`u${index}`, `o${index}`));
    const taken = users.map(() => 0);
    for (let round = 0; round < 100; round += 1)
      users.forEach((owner, index) => {
        if (room.hasCapacityFor(owner)) taken[index]! += Number(room.acquire(owner) !== undefined);
      });
    expect(Math.max(...taken) - Math.min(...taken)).toBeLessThanOrEqual(1);
    expect(room.free).toBeLessThan(5);
  });

  it('keeps to the limits that an operator sets', () => {
    const room = new TurnCapacity({
      MAX_CONCURRENT_TURNS: 10,
      MAX_CONCURRENT_TURNS_PER_USER: 2,
      MAX_CONCURRENT_TURNS_PER_ORG: 3,
    });
    expect([fill(room, user('ada')), fill(room, user('bob')), fill(room, user('zoe', 'other'))]).toEqual([
      2, 1, 2,
    ]);
    expect(room.ownersAtCapacity()).toEqual({ users: ['acme\nada', 'other\nzoe'], orgs: ['acme'] });
  });
});
