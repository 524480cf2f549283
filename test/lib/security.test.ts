import { synthesize } from './synthesize';

describe('security', () => {
  const { deployment, serviceAccount } = synthesize();
  const pod = 'spec.template.spec';

  test('the pod runs as a user and group above 10000 that no file of the host belongs to', () => {
    expect(deployment).toHaveProperty(`${pod}.securityContext`, {
      runAsNonRoot: true,
      runAsUser: 10001,
      runAsGroup: 10001,
      fsGroup: 10001,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('the container has no privilege, no capability and a read-only root', () => {
    expect(deployment).toHaveProperty(`${pod}.containers[0].securityContext`, {
      runAsNonRoot: true,
      runAsUser: 10001,
      runAsGroup: 10001,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('the one writable folder is /tmp, on disk and bounded', () => {
    expect(deployment).toHaveProperty(`${pod}.volumes`, [{ name: 'tmp', emptyDir: { sizeLimit: '32Mi' } }]);
    expect(deployment).toHaveProperty(`${pod}.containers[0].volumeMounts`, [{ name: 'tmp', mountPath: '/tmp' }]);
  });

  test('the pods have an account of their own and no token', () => {
    expect(serviceAccount).toMatchObject({
      metadata: { name: 'stt-service', namespace: 'voice-agent-phase5' },
      automountServiceAccountToken: false,
    });
    expect(deployment).toMatchObject({
      spec: { template: { spec: { serviceAccountName: 'stt-service', automountServiceAccountToken: false } } },
    });
  });

  test('nothing of the host is shared', () => {
    expect(deployment).toHaveProperty(`${pod}.hostNetwork`, false);
    expect(deployment).not.toHaveProperty(`${pod}.hostPID`);
    expect(deployment).not.toHaveProperty(`${pod}.hostIPC`);
  });
});
