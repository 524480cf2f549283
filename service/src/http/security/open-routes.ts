import { METRICS_PATH, PROBE_PATHS } from '../../../../lib/contract';

/**
 * What is answered to everybody and at any time: the kubelet and Prometheus have no key, and `/` leads to the API's page.
 */
export const OPEN_ROUTES: ReadonlySet<string> = new Set([...Object.values(PROBE_PATHS), METRICS_PATH, '/health', '/']);
