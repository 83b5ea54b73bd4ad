/** What is used of WebAssembly here: TypeScript has its types with those of browsers only. */
declare namespace WebAssembly {
  /** Compiled code, which threads can share. */
  class Module {
    private readonly compiled: true;
  }

  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum: number });
    readonly buffer: ArrayBuffer;
  }

  function compile(bytes: Uint8Array): Promise<Module>;
}
