import { describeApp } from './describe-app';
import { SynthesizedApp } from './synthesized-app';

/** It has a file of its own, where more is asked of it. */
const ELSEWHERE = 'voice-agent-phase5';

SynthesizedApp.all()
  .filter(({ name }) => name !== ELSEWHERE)
  .forEach(describeApp);
