import { Duration } from 'cdk8s';
import type { ProbeProps } from '../../lib';
import { PROBE_PATHS } from '../../lib/contract';
import { failure, synthesize } from './synthesize';

const container = 'spec.template.spec.containers[0]';

describe('probes', () => {
  test('the startup probe asks every 2 s, 60 times: for 118 s', () => {
    expect(synthesize().deployment).toHaveProperty(`${container}.startupProbe`, {
      httpGet: { path: '/startupz', port: 8000, scheme: 'HTTP' },
      periodSeconds: 2,
      timeoutSeconds: 2,
      failureThreshold: 60,
    });
  });

  test('each asks its own path of the contract, on the port that the container listens on', () => {
    const { deployment } = synthesize({ port: 9000 });

    for (const probe of ['startup', 'liveness', 'readiness'] as const) {
      expect(deployment).toHaveProperty(`${container}.${probe}Probe.httpGet`, {
        path: PROBE_PATHS[probe],
        port: 9000,
        scheme: 'HTTP',
      });
    }
  });

  test('a field that is given leaves the others at their defaults', () => {
    const { deployment } = synthesize({
      livenessProbe: { timeoutSeconds: Duration.seconds(8), failureThreshold: undefined },
      readinessProbe: { successThreshold: 2 },
    });

    expect(deployment).toHaveProperty(
      `${container}.livenessProbe`,
      expect.objectContaining({ initialDelaySeconds: 30, periodSeconds: 10, timeoutSeconds: 8, failureThreshold: 3 }),
    );
    expect(deployment).toHaveProperty(
      `${container}.readinessProbe`,
      expect.objectContaining({ successThreshold: 2, initialDelaySeconds: 15, failureThreshold: 3 }),
    );
  });

  test('a delay of zero is taken', () => {
    const { deployment } = synthesize({ livenessProbe: { initialDelaySeconds: Duration.seconds(0) } });

    expect(deployment).toHaveProperty(`${container}.livenessProbe.initialDelaySeconds`, 0);
  });

  test.each<[ProbeProps, string]>([
    [{ startupProbe: { periodSeconds: Duration.seconds(0) } }, 'startupProbe.periodSeconds is "0 s"'],
    [{ startupProbe: { successThreshold: 2 } }, 'startupProbe.successThreshold is 2'],
    [{ livenessProbe: { timeoutSeconds: Duration.millis(500) } }, 'livenessProbe.timeoutSeconds is "0.5 s"'],
    [{ livenessProbe: { initialDelaySeconds: Duration.millis(1) } }, 'livenessProbe.initialDelaySeconds is "0.001 s"'],
    [{ livenessProbe: { successThreshold: 3 } }, 'livenessProbe.successThreshold is 3'],
    [{ readinessProbe: { failureThreshold: 0 } }, 'readinessProbe.failureThreshold is 0'],
    [{ readinessProbe: { successThreshold: 1.5 } }, 'readinessProbe.successThreshold is 1.5'],
  ])('%j is refused', (props, fault) => {
    expect(failure(() => synthesize(props))).toContain(`[probe-invalid] ${fault}`);
  });
});
