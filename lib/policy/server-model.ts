import { DEFAULTS, ENV, QUANTIZATIONS } from '../contract';
import { environmentValue, type Container } from './manifest';

/** The model of a server's container, as its environment names it. */
export interface ServerModel {
  readonly folder: string;
  readonly quantization: (typeof QUANTIZATIONS)[number];

  /** For people: `tiny in int8`. */
  readonly description: string;
}

export function serverModel(container: Container): ServerModel {
  const folder = environmentValue(container, ENV.model) ?? '';
  const named = environmentValue(container, ENV.quantization);
  const quantization = QUANTIZATIONS.find((known) => known === named) ?? DEFAULTS.quantization;
  return { folder, quantization, description: `${folder} in ${quantization}` };
}
