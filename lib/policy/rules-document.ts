import type { Rule, Severity } from './rule';

const TITLES: Record<Severity, string> = {
  error: 'Errors: synth fails',
  advice: 'Advice: `service.warnings` and the validation plugin say it, and synth goes on',
};

/** `docs/RULES.md`, from the rules themselves. */
export function rulesDocument(rules: readonly Rule[]): string {
  const severities: readonly Severity[] = ['error', 'advice'];
  const sections = severities.flatMap((severity) => [
    `## ${TITLES[severity]}`,
    ...rules.filter((rule) => rule.severity === severity).map(section),
  ]);
  return [
    '# Rules',
    '<!-- Written by `npm run docs:rules` from lib/policy/. Do not edit. -->',
    'What is checked in the finished manifests of every pod that runs a Whisper server: at synth, by the validation plugin ' +
      'of cdk8s-cli, and by the matchers for your own tests (docs/construct.md says how). Each message begins with the ' +
      'id of its rule.',
    ...sections,
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** The heading is the id alone: messages link to it. */
function section({ id, cause, explanation }: Rule): string {
  return `### ${id}\n\n${upperFirst(cause)}.\n\n${explanation}`;
}

function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
