import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import type { AjvCompiler, BuildCompilerFromPool } from '@fastify/ajv-compiler';

type BuildValidator = BuildCompilerFromPool;
type Compile = ReturnType<BuildValidator>;
/** What Fastify uses of a validator that Ajv has made. */
interface Validator extends Partial<Pick<ReturnType<Compile>, 'errors'>> {
  (...data: Parameters<ReturnType<Compile>>): unknown;
  schemaEnv?: object;
}

/**
 * Compiles the schemas of requests when the model is loaded, and not before the server listens, which Ajv would hold up for
 * 0.2 s. A request that comes sooner has its own compiled.
 */
export class LateValidators {
  private readonly waiting = new Set<() => unknown>();
  private library: BuildValidator | undefined;

  /** For Fastify's `schemaController.compilersFactory.buildValidator`. */
  readonly build: BuildValidator = (...schemas) => {
    let compile: Compile | undefined;
    return (route) => {
      // Fastify spells the fields of such a schema as Node.js spells headers, but only where it compiles by itself.
      if (route.httpPart === 'headers') throw new Error(`${route.url}: headers cannot have a schema`);
      return this.late(() => (compile ??= this.load()(...schemas))(route)) as ReturnType<Compile>;
    };
  };

  /** Compiles what is not compiled yet, one after another; requests come in between. @throws Error for a schema that is none */
  async prepare(): Promise<void> {
    for (const compile of this.waiting) {
      await setImmediate();
      compile();
    }
  }

  private late(make: () => Validator): Validator {
    let compiled: Validator | undefined;
    const compile = (): Validator => {
      this.waiting.delete(compile);
      return (compiled ??= make());
    };
    this.waiting.add(compile);
    const validate: Validator = (...data) => {
      const validator = compiled ?? compile();
      const result = validator(...data);
      validate.errors = validator.errors;
      return result;
    };
    // Fastify looks whether there is one: a validator of Ajv's is told whose field the value is, and can replace it.
    validate.schemaEnv = {};
    return validate;
  }

  private load(): BuildValidator {
    this.library ??= (createRequire(__filename)('@fastify/ajv-compiler') as typeof AjvCompiler)();
    return this.library;
  }
}
