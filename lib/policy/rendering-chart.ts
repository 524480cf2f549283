import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';

/** A chart that is being rendered, and the constructs that it is part of, itself included. */
type Lineage = ReadonlySet<IConstruct>;

/** By app. */
const rendering = new WeakMap<IConstruct, Lineage>();

const observed = new WeakSet<Chart>();

/** Whether the validation that runs now precedes the rendering of a chart that holds nothing of the construct. */
export type RendersElsewhere = () => boolean;

/**
 * Tells the validations of a construct which of them matter.
 *
 * cdk8s validates the whole app before it writes anything, and again before it renders each chart: with a service in each
 * of 500 charts that is 250,000 validations of a service, of which all but 1,000 precede the rendering of somebody else.
 * It does not say which chart is next, but rendering begins with the chart's `toJson`.
 *
 * Nothing is remembered of earlier validations, so no change can be missed: each manifest is checked in the validation
 * right before it is rendered, and all of them together before the app writes its first file.
 */
export function observeRendering(construct: IConstruct): RendersElsewhere {
  const app = construct.node.root;
  const chart = Chart.of(construct);
  observe(chart, app);
  return () => {
    const lineage = rendering.get(app);
    return lineage !== undefined && !lineage.has(chart) && !lineage.has(construct);
  };
}

function observe(chart: Chart, app: IConstruct): void {
  if (observed.has(chart)) {
    return;
  }
  observed.add(chart);
  const render = chart.toJson.bind(chart);
  chart.toJson = (): unknown[] => {
    const outer = rendering.get(app);
    rendering.set(app, new Set(chart.node.scopes));
    try {
      return render();
    } finally {
      if (outer) {
        rendering.set(app, outer);
      } else {
        rendering.delete(app);
      }
    }
  };
}
