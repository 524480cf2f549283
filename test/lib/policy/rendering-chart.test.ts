import { App, Chart, JsonPatch, Testing, YamlOutputType } from 'cdk8s';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WhisperSttService } from '../../../lib';
import { replicaRange } from '../../../lib/policy/replica-range';
import { failure, IMAGE } from '../synthesize';

/** Charts of one service each. */
function appOf(
  count: number,
  yamlOutputType = YamlOutputType.FILE_PER_CHART,
): { app: App; services: WhisperSttService[] } {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'rendering-')), yamlOutputType });
  outdirs.push(app.outdir);
  const services = Array.from({ length: count }, (_, index) => {
    const chart = new Chart(app, `voice-${index}`, { namespace: `voice-${index}` });
    return new WhisperSttService(chart, 'stt', { image: IMAGE });
  });
  return { app, services };
}

const outdirs: string[] = [];

afterEach(() => {
  jest.restoreAllMocks();
  for (const outdir of outdirs.splice(0)) {
    rmSync(outdir, { recursive: true });
  }
});

/** The message with which the chart of a service fails to be rendered; empty when it does not. */
function rendering(chart: Chart): string {
  return failure(() => {
    Testing.synth(chart);
  });
}

/** The autoscaler's range crossed: a fault of one service. */
function spoil({ hpa }: WhisperSttService): void {
  hpa.addJsonPatch(JsonPatch.replace('/spec/maxReplicas', 1));
}

function mend({ hpa }: WhisperSttService): void {
  hpa.addJsonPatch(JsonPatch.replace('/spec/maxReplicas', 8));
}

describe('an app of many charts', () => {
  test('checks each service before anything is written, and again before its own chart, however many there are', () => {
    const { app } = appOf(6);
    const check = jest.spyOn(replicaRange, 'check');

    app.synth();

    expect(check).toHaveBeenCalledTimes(12);
  });

  test.each([
    YamlOutputType.FILE_PER_CHART,
    YamlOutputType.FILE_PER_APP,
    YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE,
  ])('lists the faults of all charts together and writes nothing (output %d)', (yamlOutputType) => {
    const { app, services } = appOf(3, yamlOutputType);
    spoil(services[0]!);
    spoil(services[2]!);

    const message = failure(() => {
      app.synth();
    });

    expect(message.match(/\[voice-\d\/stt\] \[replica-range\]/g)).toEqual([
      '[voice-0/stt] [replica-range]',
      '[voice-2/stt] [replica-range]',
    ]);
    expect(readdirSync(app.outdir)).toEqual([]);
  });

  test('notices a change between two synths, in either direction', () => {
    const { app, services } = appOf(3);
    const synth = (): string =>
      failure(() => {
        app.synth();
      });

    expect(synth()).toBe('');
    spoil(services[1]!);
    expect(synth()).toContain('[voice-1/stt] [replica-range]');
    mend(services[1]!);
    expect(synth()).toBe('');
    spoil(services[2]!);
    expect(synth()).toContain('[voice-2/stt] [replica-range]');
  });

  test('notices a change that somebody makes while the app is validated', () => {
    const { app, services } = appOf(2);
    let passes = 0;
    new Chart(app, 'meddler').node.addValidation({
      validate: () => {
        passes += 1;
        if (passes === 1) {
          spoil(services[1]!);
        }
        return [];
      },
    });

    expect(
      failure(() => {
        app.synth();
      }),
    ).toContain('[voice-1/stt] [replica-range]');
  });

  test('notices a fault in the YAML of the whole app', () => {
    const { app, services } = appOf(2);
    spoil(services[1]!);

    expect(failure(() => app.synthYaml())).toContain('[voice-1/stt] [replica-range]');
  });

  test('rendering one chart fails for its own services, not for those of another', () => {
    const { services } = appOf(2);
    spoil(services[1]!);
    const render = (service: WhisperSttService): string => rendering(Chart.of(service));

    expect(render(services[0]!)).toBe('');
    expect(render(services[1]!)).toContain('[voice-1/stt] [replica-range]');
    // A rendering that failed is over.
    expect(render(services[0]!)).toBe('');
    expect(render(services[1]!)).toContain('[voice-1/stt] [replica-range]');
  });

  test('rendering a chart inside of another checks the services of both', () => {
    const app = new App();
    const outer = new Chart(app, 'outer', { namespace: 'outer' });
    const inner = new Chart(outer, 'inner', { namespace: 'inner' });
    spoil(new WhisperSttService(outer, 'stt', { image: IMAGE }));
    new WhisperSttService(inner, 'stt', { image: IMAGE });

    expect(rendering(inner)).toContain('[outer/stt] [replica-range]');
  });

  test('rendering a chart while another is rendered checks what belongs to it', () => {
    const { services } = appOf(2);
    const [first, second] = services as [WhisperSttService, WhisperSttService];
    spoil(second);
    let nested = '';
    Chart.of(first).node.addValidation({
      validate: () => {
        nested ||= rendering(Chart.of(second));
        return [];
      },
    });
    mend(first);

    expect(rendering(Chart.of(first))).toBe('');
    expect(nested).toContain('[voice-1/stt] [replica-range]');
    spoil(first);
    expect(rendering(Chart.of(first))).toContain('[voice-0/stt] [replica-range]');
  });

  test('a chart of several services lists the faults of all of them, each once', () => {
    const chart = new Chart(new App(), 'voice', { namespace: 'voice' });
    spoil(new WhisperSttService(chart, 'a', { image: IMAGE, name: 'a' }));
    spoil(new WhisperSttService(chart, 'b', { image: IMAGE, name: 'b', createNamespace: false }));

    expect(rendering(chart).match(/\[voice\/\w\] \[replica-range\]/g)).toEqual([
      '[voice/a] [replica-range]',
      '[voice/b] [replica-range]',
    ]);
  });
});
