import type { Judgement } from './reliability';

/** Turns a confidence into a better calibrated one. */
export type Recalibration = (confidence: number) => number;

/** Learns a recalibration from judgements. */
export type Fit = (judgements: readonly Judgement[]) => Recalibration;

const logit = (confidence: number): number => {
  const inside = Math.min(Math.max(confidence, 1e-6), 1 - 1e-6);
  return Math.log(inside / (1 - inside));
};
const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** Slope and offset of a logistic regression of the outcome on the confidence's logit, by Newton's method. */
export function fitLogistic(
  judgements: readonly Judgement[],
  withOffset: boolean,
): { readonly slope: number; readonly offset: number } {
  let [slope, offset] = [1, 0];
  for (let step = 0; step < 25; step++) {
    // Gradient and curvature of the log-likelihood; a little weight decay towards slope 1 and offset 0 keeps it finite.
    let [gs, go, hss, hso, hoo] = [1e-3 * (1 - slope), -1e-3 * offset, 1e-3, 0, 1e-3];
    for (const { confidence, outcome } of judgements) {
      const x = logit(confidence);
      const p = sigmoid(slope * x + offset);
      const weight = p * (1 - p);
      gs += (outcome - p) * x;
      go += outcome - p;
      hss += weight * x * x;
      hso += weight * x;
      hoo += weight;
    }
    if (withOffset) {
      const determinant = hss * hoo - hso * hso;
      slope += (gs * hoo - go * hso) / determinant;
      offset += (go * hss - gs * hso) / determinant;
    } else {
      slope += gs / hss;
    }
  }
  return { slope, offset };
}

/** Temperature scaling (arXiv:1706.04599), on the logit of a word: 1 / temperature is the slope. */
const temperature: Fit = (judgements) => {
  const { slope } = fitLogistic(judgements, false);
  return (confidence) => sigmoid(slope * logit(confidence));
};

/** Platt's scaling, on the logit. */
const platt: Fit = (judgements) => {
  const { slope, offset } = fitLogistic(judgements, true);
  return (confidence) => sigmoid(slope * logit(confidence) + offset);
};

/** Isotonic regression: the steps that rise with confidence and fit best (pool adjacent violators). */
const isotonic: Fit = (judgements) => {
  const blocks: { last: number; sum: number; count: number }[] = [];
  for (const { confidence, outcome } of [...judgements].sort((left, right) => left.confidence - right.confidence)) {
    blocks.push({ last: confidence, sum: outcome, count: 1 });
    for (;;) {
      const [before, here] = blocks.slice(-2);
      if (here === undefined || before!.sum / before!.count < here.sum / here.count) break;
      blocks.splice(-2, 2, { last: here.last, sum: before!.sum + here.sum, count: before!.count + here.count });
    }
  }
  return (confidence) => {
    const block = blocks.find(({ last }) => confidence <= last) ?? blocks.at(-1)!;
    return block.sum / block.count;
  };
};

export const RECALIBRATIONS = { temperature, platt, isotonic } satisfies Readonly<Record<string, Fit>>;

/** Judgements recalibrated by what was learnt from the other folds alone; as they are where there is no other fold. */
export function crossValidated<Item extends Judgement>(
  items: readonly Item[],
  foldOf: (item: Item) => string,
  fit: Fit,
): readonly Judgement[] {
  const folds = [...new Set(items.map(foldOf))];
  if (folds.length < 2) return items;
  return folds.flatMap((fold) => {
    const recalibrate = fit(items.filter((item) => foldOf(item) !== fold));
    return items
      .filter((item) => foldOf(item) === fold)
      .map(({ confidence, outcome }) => ({ confidence: recalibrate(confidence), outcome }));
  });
}
