/** Each is looked for, and what comes of it is what an empty world would say. */
export const ESCAPES: ReadonlyArray<readonly [what: string, code: string, last: RegExp]> = [
  [
    'the globals of a host',
    `['process','require','module','global','Buffer','fetch','XMLHttpRequest','WebSocket','Worker','WebAssembly','Deno',
      'Bun','setTimeout','setInterval','setImmediate','queueMicrotask','navigator','importScripts','postMessage','std','os',
      'scriptArgs','print','load','Atomics','performance','structuredClone'].filter((name) => name in globalThis)`,
    /^\[\]$/,
  ],
  ['process by its name', 'process.env', /^ReferenceError/],
  ['require', 'require("fs")', /^ReferenceError/],
  ['import of a module of Node.js', 'await import("node:fs")', /^ReferenceError: could not load module/],
  ['import of a file', 'await import("/etc/passwd")', /^ReferenceError: could not load module/],
  [
    'import of an address',
    'await import("https://example.org/x.js")',
    /^ReferenceError: could not load module/,
  ],
  [
    'import of data',
    'await import("data:text/javascript,export default 1")',
    /^ReferenceError: could not load module/,
  ],
  ['a static import', 'import fs from "fs"; fs', /^SyntaxError/],
  ['import.meta', 'import.meta.url', /^SyntaxError/],
  ['this of a plain function', '(function () { return this === globalThis; })()', /^true$/],
  ['a Function constructor', 'Function("return typeof process")()', /^"undefined"$/],
  ['the constructor of a constructor', '"".constructor.constructor("return process")()', /^ReferenceError/],
  ['the constructor of console.log', 'console.log.constructor("return process")()', /^ReferenceError/],
  [
    'the constructor of an async function',
    'await (async () => {}).constructor("return typeof require")()',
    /^"undefined"$/,
  ],
  [
    'the constructor of a generator',
    '(function* () {}).constructor("yield typeof process")().next().value',
    /^"undefined"$/,
  ],
  ['indirect eval', '(0, eval)("typeof process + typeof require")', /^"undefinedundefined"$/],
  [
    'a walk up the prototypes of all that there is',
    `const seen = new Set();
     const walk = (value) => {
       if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
       seen.add(value);
       for (const key of Reflect.ownKeys(value)) { try { walk(value[key]); } catch {} }
       walk(Object.getPrototypeOf(value));
     };
     walk(globalThis);
     [...seen].some((value) => { try { return 'env' in value || 'mainModule' in value || 'binding' in value; } catch { return false; } })`,
    /^false$/,
  ],
  [
    'the caller of a function',
    'function f() { return f.caller; } String(f())',
    /^"(null|undefined)"$|^TypeError/,
  ],
  [
    'arguments.callee.caller',
    '(function () { return typeof arguments.callee.caller; })()',
    /^"(undefined|object)"$|^TypeError/,
  ],
  [
    'paths of the host in a stack',
    'try { null.x } catch (error) { error.stack }',
    /^" {4}at <eval> \(script\.js:1:\d+\)\\n"$/,
  ],
  [
    'Error.prepareStackTrace',
    'Error.prepareStackTrace = (_, s) => String(s[0] && s[0].getThis && s[0].getThis()); String(new Error("x").stack)',
    /^"/,
  ],
  [
    'a walk along what is thrown by the engine',
    'try { let f = () => f(); f() } catch (e) { e.constructor.constructor("return typeof process")() }',
    /^"undefined"$/,
  ],
  ['shared memory', 'new SharedArrayBuffer(8).byteLength + typeof Atomics', /^"8undefined"$/],
  [
    'the function that writes to the host',
    'Object.getOwnPropertyNames(console.log).join()',
    /^"(length,name|name,length)(,prototype)?"$/,
  ],
  [
    'a changed String.prototype while a value is shown',
    'String.prototype.slice = String.prototype.replaceAll = () => "x".repeat(1e7); "short"',
    /^$/,
  ],
  [
    'a changed String.prototype that returns an object',
    'String.prototype.slice = String.prototype.replaceAll = () => ({ length: 1, toString: () => "x".repeat(1e8) }); "short"',
    /^$/,
  ],
  [
    'a changed Array.prototype.join',
    'Array.prototype.join = () => ({ toString() { return "x".repeat(1e8) } }); console.log(1); 2',
    /^TypeError|^2$/,
  ],
  [
    'a changed Promise',
    'Promise.prototype.then = () => { throw new Error("mine"); }; globalThis.Promise = null; 3',
    /3|mine|nothing settles/,
  ],
  ['a then that gives itself', 'const it = { then(done) { done({ a: 1 }); } }; it', /^\{"a":1\}$/],
  [
    'a proxy whose every trap throws',
    'new Proxy({}, new Proxy({}, { get() { throw new RangeError("trap"); } }))',
    /^RangeError: trap/,
  ],
  ['a revoked proxy', 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); proxy', /^TypeError/],
  ['a getter that throws', '({ get a() { throw new Error("getter"); } })', /^Error: getter/],
  ['a toJSON that throws', '({ toJSON() { throw new Error("toJSON"); } })', /^Error: toJSON/],
  [
    'a toString that throws',
    'const f = () => 1; f.toString = () => { throw new Error("toString"); }; f',
    /^Error: toString/,
  ],
  ['an object without a prototype', 'const o = Object.create(null); o.o = o; o', /^TypeError/],
  ['a cycle', 'const o = {}; o.o = o; o', /^"?\[object Object\]"?$/],
  ['a symbol', 'Symbol("s")', /^Symbol\(s\)$/],
  ['a symbol that is thrown', 'throw Symbol("s")', /^Uncaught Symbol\(s\)$/],
  ['undefined that is thrown', 'throw undefined', /^Uncaught undefined$/],
  [
    'an error whose name is a getter that throws',
    'const e = new Error("m"); Object.defineProperty(e, "name", { get() { throw 1; } }); throw e',
    /^Uncaught error that cannot be shown$/,
  ],
  [
    'an error with a false stack',
    'const e = new Error("m"); e.stack = "at script.js:" + "9".repeat(1e6); throw e',
    /^Error: m \(line 9+\)$/,
  ],
  [
    'an error whose message is an object',
    'const e = new Error(); e.message = { toString: () => "made" }; throw e',
    /^Error: made/,
  ],
  [
    'an error with a message of megabytes',
    'throw new Error("m".repeat(5e6))',
    /^Error: m+ \[cut\] \(line 1\)$/,
  ],
  ['a value of megabytes', '"v".repeat(5e6)', /^"v+ \[cut\]$/],
  ['a surrogate by itself', '"\\ud800"', /^"(\\ud800|\u{FFFD})"$/u],
  ['a string of a gigabyte', '"x".repeat(2 ** 30)', /^RangeError|^InternalError/],
  [
    'a string that doubles',
    'let s = "x"; for (;;) s += s',
    /^InternalError: (out of memory|string too long)|^RangeError/,
  ],
  ['an array that grows', 'const a = []; for (;;) a.push({ a })', /out of memory|more memory/],
  [
    'buffers without an end',
    'const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))',
    /out of memory|more memory/,
  ],
  ['one buffer of gigabytes', 'new ArrayBuffer(2 ** 32)', /^RangeError|^InternalError/],
  ['a number of megabytes', '(1n << 3000000n).toString().length', /^\d+$|^RangeError|too long/],
  ['a power without an end', 'let x = 3n; for (;;) x = x * x', /^RangeError: BigInt is too large/],
  ['recursion', 'const f = () => f() + 1; f()', /^InternalError: stack overflow/],
  [
    'recursion through a getter',
    'const o = { get a() { return this.a; } }; o.a',
    /^InternalError: stack overflow/,
  ],
  [
    'recursion through a proxy',
    'const p = new Proxy({}, {}); Object.setPrototypeOf(p, p); p.x',
    /InternalError: stack overflow|^TypeError/,
  ],
  [
    'recursion through toString',
    'const o = { toString() { return "" + this; } }; "" + o',
    /^InternalError: stack overflow/,
  ],
  ['JSON that is nested deeply', 'JSON.parse("[".repeat(1e6))', /^SyntaxError|^InternalError/],
  ['source that is nested deeply', 'eval("(".repeat(1e5))', /^SyntaxError|^InternalError/],
  ['a pattern that is nested deeply', 'new RegExp("(?:".repeat(1e5))', /^SyntaxError|^InternalError/],
  ['a promise that never ends', 'await new Promise(() => {})', /nothing settles/],
  ['a value that never settles', 'new Promise(() => {})', /nothing settles/],
  ['a return', 'return process', /^SyntaxError/],
  ['a comment that hides the end', '1 /*', /^SyntaxError/],
  ['an early end of the wrapper', '}); throw new Error("out"); ({', /^SyntaxError/],
  ['an HTML comment', '<!-- process\n5', /^5$/],
  ['the debugger', 'debugger; 5', /^5$/],
];

/** Each goes on until it is stopped. */
export const ENDLESS: ReadonlyArray<readonly [what: string, code: string]> = [
  ['a loop', 'for (;;);'],
  ['a loop that catches everything', 'for (;;) { try { for (;;); } catch {} finally { for (;;); } }'],
  ['a generator', 'function* g() { for (;;) yield 1; } for (const x of g());'],
  ['jobs that add jobs', 'const f = () => Promise.resolve().then(f); f(); 1'],
  ['an await for ever', 'for (;;) await 0;'],
  ['a thenable that gives itself for ever', 'const it = { then(done) { done({ then: it.then }); } }; it'],
  ['a pattern that goes back', '/^(a+)+$/.test("a".repeat(60) + "b")'],
  ['a getter of the value', '({ get a() { for (;;); } })'],
  ['a toJSON of the value', '({ toJSON() { for (;;); } })'],
  ['a toString of the value', 'const f = () => 1; f.toString = () => { for (;;); }; f'],
  ['a then of the value', '({ get then() { for (;;); } })'],
  [
    'a getter of an error',
    'const e = new Error("m"); Object.defineProperty(e, "name", { get() { for (;;); } }); throw e',
  ],
  ['a proxy of an error', 'throw new Proxy(new Error("m"), { get() { for (;;); } })'],
  [
    'a search in what the engine does not look up from',
    'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  ],
  ['an array of a billion as a string', 'new Array(1e9) + ""'],
  ['an array of a billion that is sorted', 'const a = { length: 1e9 }; Array.prototype.reverse.call(a)'],
  ['a console that is written to for ever', 'for (;;) console.log("line")'],
  ['finalizers', 'const r = new FinalizationRegistry(() => { for (;;); }); for (;;) r.register({}, 1);'],
  [
    'memory until even an error has no room',
    'const a = []; for (;;) { try { for (;;) a.push([a]); } catch {} }',
  ],
  ['recursion while a value is shown', 'const o = { toJSON: () => ({ o }) }; o'],
  ['a value that is nested deeply', 'let x = []; for (let i = 0; i < 1e5; i++) x = [x]; x'],
  ['spreading a set that grows', 'const s = new Set([1]); for (const x of s) { s.delete(x); s.add(x + 1); }'],
];
