/** Writes docs/metrics.md from the compiled definitions of the metrics. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { METRICS } = require('../build/lib/metrics.js');
const { metricsDocument } = require('../build/service/src/observability/metrics-document.js');

writeFileSync(new URL('../docs/metrics.md', import.meta.url), metricsDocument(Object.values(METRICS)));
