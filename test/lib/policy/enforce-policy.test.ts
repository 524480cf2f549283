import { ApiObject, JsonPatch, Size } from 'cdk8s';
import { Cpu, EnvValue, k8s } from 'cdk8s-plus-28';
import { WhisperModel, type WhisperSttService } from '../../../lib';
import { RULES } from '../../../lib/policy/rules';
import { failure, synthesize } from '../synthesize';

const resources = '/spec/template/spec/containers/0/resources';

function patchDeployment(...patches: JsonPatch[]): (service: WhisperSttService) => void {
  return (service) => {
    ApiObject.of(service.deployment).addJsonPatch(...patches);
  };
}

function synthErrors(change: (service: WhisperSttService) => void, props = {}): string[] {
  return failure(() => synthesize(props, { change })).split('\n  ');
}

describe('synth', () => {
  test('passes with the defaults', () => {
    expect(failure(() => synthesize())).toBe('');
  });

  test('fails when a patch takes CPUs in fractions', () => {
    const half = k8s.Quantity.fromString('1500m');

    expect(
      synthErrors(
        patchDeployment(
          JsonPatch.replace(`${resources}/requests/cpu`, half),
          JsonPatch.replace(`${resources}/limits/cpu`, half),
          JsonPatch.replace('/spec/template/spec/containers/0/env/8/value', '1.5'),
          JsonPatch.replace('/spec/template/spec/containers/0/env/9/value', '1.5'),
        ),
      ),
    ).toEqual([
      'Validation failed with the following errors:',
      '[test/stt] [whole-cpus] Deployment stt-service: containers[stt-service].resources.requests.cpu is "1500m": the ' +
        'kubelet pins whole CPUs only, so inference threads would share theirs with other pods. Give whole CPUs, with ' +
        "the prop 'cpus'. See cdk8s-whisper-stt/docs/RULES.md#whole-cpus.",
    ]);
  });

  test('fails when a patch makes requests unequal to limits', () => {
    expect(
      synthErrors(patchDeployment(JsonPatch.replace(`${resources}/requests/memory`, k8s.Quantity.fromString('690Mi')))),
    ).toEqual([
      'Validation failed with the following errors:',
      '[test/stt] [guaranteed-qos] Deployment stt-service: containers[stt-service].resources.requests.memory is "690Mi": ' +
        'the pod is not Guaranteed, so no CPU of it is pinned and it is among the first to be evicted. Set the request ' +
        'to the limit, 700Mi. See cdk8s-whisper-stt/docs/RULES.md#guaranteed-qos.',
    ]);
  });

  test('fails when threads are unequal to CPUs', () => {
    const message = failure(() =>
      synthesize(
        {},
        {
          change: ({ deployment }) => {
            deployment.containers[0]!.env.addVariable('OMP_NUM_THREADS', EnvValue.fromValue('4'));
          },
        },
      ),
    );

    expect(message).toContain(
      '[test/stt] [threads-match-cpus] Deployment stt-service: containers[stt-service].env.OMP_NUM_THREADS is "4": ' +
        'more threads than CPUs wait for each other, and fewer leave pinned CPUs idle. Set it to the CPU limit, 2; the ' +
        "prop 'cpus' sets both.",
    );
  });

  test('fails when the largest number of replicas is below the smallest', () => {
    expect(failure(() => synthesize({ minReplicas: 9 }))).toContain(
      '[test/stt] [replica-range] HorizontalPodAutoscaler stt-service-hpa: spec.maxReplicas is "8": no number of ' +
        "replicas is in the range, and Kubernetes would refuse the autoscaler. Raise 'maxReplicas' to 9 or more, or " +
        "lower 'minReplicas'.",
    );
  });

  test('fails when a sidecar takes the pod its pinned CPUs', () => {
    const message = failure(() =>
      synthesize(
        {},
        {
          change: ({ deployment }) => {
            deployment.addContainer({ image: 'log-shipper:3', name: 'logs', resources: {} });
          },
        },
      ),
    );

    expect(message).toContain(
      '[sidecar-unpins] Deployment stt-service: containers[logs].resources.limits.cpu is missing',
    );
    expect(message).toContain('containers[logs].resources.limits.memory is missing');
  });

  test('passes with a sidecar that keeps the pod Guaranteed', () => {
    const cpu = { request: Cpu.millis(100), limit: Cpu.millis(100) };
    const memory = { request: Size.mebibytes(64), limit: Size.mebibytes(64) };
    const change = ({ deployment }: WhisperSttService): void => {
      deployment.addContainer({ image: 'log-shipper:3', name: 'logs', resources: { cpu, memory } });
    };

    expect(failure(() => synthesize({}, { change }))).toBe('');
  });

  test('lists the faults of all rules together', () => {
    const errors = synthErrors(
      patchDeployment(JsonPatch.replace(`${resources}/limits/cpu`, k8s.Quantity.fromString('2500m'))),
      { minReplicas: 9 },
    );

    expect(errors.slice(1).map((error) => /\[([a-z-]+)\] [A-Z]/.exec(error)?.[1])).toEqual([
      'guaranteed-qos',
      'threads-match-cpus',
      'threads-match-cpus',
      'replica-range',
    ]);
  });

  test('reads a quantity that is patched as plain text, which cdk8s-plus would turn to nothing', () => {
    const errors = synthErrors(patchDeployment(JsonPatch.replace(`${resources}/limits/memory`, '900Mi')));

    expect(errors[1]).toContain(
      '[guaranteed-qos] Deployment stt-service: containers[stt-service].resources.requests.memory is "700Mi"',
    );
    expect(errors[1]).toContain('Set the request to the limit, 900Mi.');
  });
});

describe('advice', () => {
  test('is in the warnings, and lets synth go on', () => {
    const { service } = synthesize({ cpus: 3 });

    expect(service.warnings).toEqual([
      '[smt-alignment] Deployment stt-service: containers[stt-service].resources.requests.cpu is "3": on nodes with ' +
        'hyper-threads the odd CPU shares its physical core with another pod, and where the kubelet says ' +
        '`full-pcpus-only` the pod is refused with SMTAlignmentError. Give 4 CPUs, or run it on nodes without ' +
        'hyper-threads. See cdk8s-whisper-stt/docs/RULES.md#smt-alignment.',
    ]);
  });

  test('is not given for the defaults', () => {
    expect(synthesize().service.warnings).toEqual([]);
  });

  test('looks at the manifests as they are when the warnings are read', () => {
    const { service } = synthesize();
    ApiObject.of(service.hpa).addJsonPatch(
      JsonPatch.add('/metadata/annotations', {}),
      JsonPatch.replace('/spec/minReplicas', 1),
    );

    expect(service.warnings.join()).toContain('[cpu-initialization]');
  });

  test('asks for the working set of a model of your own, until it is declared', () => {
    const model = WhisperModel.custom('medical');

    expect(synthesize({ model }).service.warnings.join()).toContain('[idle-memory-assumed]');
    expect(synthesize({ model, idleMemory: Size.mebibytes(320) }).service.warnings).toEqual([]);
    expect(synthesize({ model, idleMemory: Size.mebibytes(340) }).service.warnings).toEqual([]);
  });

  test('a memory that is too small for the declared working set is an error', () => {
    const props = { idleMemory: Size.mebibytes(340), memory: Size.mebibytes(700) };

    expect(failure(() => synthesize(props))).toContain('[hpa-memory-ratchet]');
  });
});

describe('rules', () => {
  test('have ids that are unique, and say why they are there', () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
    for (const { id, cause, explanation } of RULES) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(cause).not.toMatch(/\.$/);
      expect(explanation).toMatch(/\.$/);
    }
  });
});
