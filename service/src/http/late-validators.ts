import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import type { AjvCompiler, BuildCompilerFromPool } from '@fastify/ajv-compiler';

type BuildValidator = BuildCompilerFromPool;
type Compile = ReturnType<BuildValidator>;
interface Validator extends Partial<Pick<ReturnType<Compile>, 'errors'>> {
  (data: unknown): unknown;
}

/**
 * Compiles the schemas of requests behind the server's start, which they would take 0.2 s longer: each with the first
 * request that it is for, or when there is time for it.
 */
export class LateValidators {
  private readonly waiting = new Set<() => unknown>();
  private library: BuildValidator | undefined;

  /** For Fastify's `schemaController.compilersFactory.buildValidator`. */
  readonly build: BuildValidator = (...schemas) => {
    let compile: Compile | undefined;
    // Of what Ajv makes, Fastify reads no more than this.
    return (route) => this.late(() => (compile ??= this.load()(...schemas))(route)) as ReturnType<Compile>;
  };

  /** Compiles what is not compiled yet, one after another; requests come in between. */
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
    const validate: Validator = (data) => {
      const validator = compiled ?? compile();
      const result = validator(data);
      validate.errors = validator.errors;
      return result;
    };
    return validate;
  }

  private load(): BuildValidator {
    this.library ??= (createRequire(__filename)('@fastify/ajv-compiler') as typeof AjvCompiler)();
    return this.library;
  }
}
