/** From what a handler's file exports, whatever it was compiled or bundled to, to the handler and what stands beside it. */
import {
  CALLBACKS,
  PROTOCOL,
  defineHandler,
  type Handler,
  type HandlerCallbacks,
  type HandlerModule,
} from '../connection/handler.ts';

type Exports = Readonly<Record<string, unknown>>;

const HOOKS: ReadonlySet<string> = new Set(['setup', 'teardown']);

/** What Node and compilers to CommonJS add to a module's own exports. */
const ADDED: ReadonlySet<string> = new Set(['default', 'module.exports', '__esModule']);

/** A module, the CommonJS exports in its default, the default in those: what is deeper was made by nobody's compiler. */
const MOST_LAYERS = 3;

/**
 * Finds the handler: the default export, the innermost one where a compiler put one into another; without one, the
 * exports themselves are its callbacks.
 * @throws TypeError that names what was found instead.
 */
export function handlerOf(namespace: Exports): HandlerModule {
  const layers = unwrap(namespace);
  const module: Record<string, unknown> = { default: check(layers.at(-1), layers) };
  for (const name of [...PROTOCOL, ...HOOKS]) {
    const layer = layers.find((exports) => part(exports, name) !== undefined);
    if (layer !== undefined) module[name] = HOOKS.has(name) ? hook(layer, name) : part(layer, name);
  }
  return module as unknown as HandlerModule;
}

/** What is exported, then what lies in the `default` of that, and so on. */
function unwrap(namespace: Exports): unknown[] {
  // Of what a CommonJS module exports, Node finds only some by their names.
  const layers: unknown[] = [namespace['module.exports'] ?? namespace];
  while (layers.length < MOST_LAYERS) {
    const outer = layers.at(-1);
    if (!isObject(outer) || outer['default'] === undefined) break;
    layers.push(outer['default']);
  }
  return layers;
}

function check(handler: unknown, layers: readonly unknown[]): Handler {
  if (typeof handler === 'function' && !isClass(handler)) return handler as Handler;
  if (!isObject(handler)) throw unfit(kindOf(handler));
  const names = Object.keys(handler).filter((name) => !ADDED.has(name));
  const hasCallback = [...CALLBACKS].some((name) => handler[name] !== undefined);
  if (layers.length === 1 && !hasCallback) {
    throw unfit(`undefined; it exports ${names.length === 0 ? 'nothing' : names.join(', ')}`);
  }
  const parts = names.filter((name) => !HOOKS.has(name)).map((name) => [name, handler[name]]);
  defineHandler(Object.fromEntries(parts) as HandlerCallbacks);
  if (!hasCallback) throw unfit(`${kindOf(handler)} without a callback (${[...CALLBACKS].join(', ')})`);
  return handler as Handler;
}

function part(exports: unknown, name: string): unknown {
  return (exports as Exports | null)?.[name];
}

function hook(exports: unknown, name: string): unknown {
  const value = part(exports, name);
  if (typeof value !== 'function') {
    throw new TypeError(`its export "${name}" must be a function, got ${typeof value}`);
  }
  return value.bind(exports);
}

function unfit(found: string): TypeError {
  return new TypeError(`its default export must be a function or made by defineHandler(), got ${found}`);
}

function isObject(value: unknown): value is Exports {
  return typeof value === 'object' && value !== null;
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function kindOf(value: unknown): string {
  if (typeof value === 'function') return `the class ${value.name}`;
  if (!isObject(value)) return value === null ? 'null' : typeof value;
  return `a value of type ${value.constructor?.name ?? 'Object'}`;
}
