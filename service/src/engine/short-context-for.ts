import { ENV, type SHORT_CONTEXTS } from '../../../lib/contract';
import type { ShortContext } from '../whisper/short-context';
import type { ModelDirectory } from './model-directory';

/** What the environment says of short context. */
interface ShortContextSettings {
  readonly shortContext: (typeof SHORT_CONTEXTS)[number];
  readonly shortContextMarginSeconds: number;
}

/**
 * Short context as it is configured.
 *
 * @returns undefined where it is off, and where the model cannot: encoders in the published layout take 30 s and nothing else
 */
export function shortContextFor(
  { layout }: Pick<ModelDirectory, 'layout'>,
  { shortContext, shortContextMarginSeconds }: ShortContextSettings,
): ShortContext | undefined {
  if (shortContext === 'off' || layout === 'published') return undefined;
  return { marginSeconds: shortContextMarginSeconds };
}

/** Why short context has no effect although it is on; undefined where all is as configured. */
export function ignoredShortContext(
  { layout, name }: Pick<ModelDirectory, 'layout' | 'name'>,
  { shortContext }: ShortContextSettings,
): string | undefined {
  if (shortContext === 'off' || layout === 'compiled') return undefined;
  return (
    `${ENV.shortContext}=${shortContext} has no effect: an encoder in the published layout takes 30 s and nothing else. ` +
    `Compile ${name} with whisper-stt compile-model`
  );
}
