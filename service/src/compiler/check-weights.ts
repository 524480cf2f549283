import type {
  AttentionWeights,
  ConvolutionWeights,
  EncoderLayerWeights,
  Linear,
  Norm,
  WhisperWeights,
} from './whisper-weights';

/**
 * Compares what was read with config.json. Files of two models, or a graph that was read wrongly, would else come to a
 * model that cannot be loaded, or one that transcribes nonsense.
 *
 * @throws Error that names the first weights that do not fit, or that are not finite numbers
 */
export function checkWeights({ shape, encoder, decoder }: WhisperWeights): void {
  const { width, melBins } = shape;

  const checkNumbers = (name: string, data: Float32Array, size: number): void => {
    if (data.length !== size) throw new Error(`${name} has ${data.length} numbers, config.json says ${size}`);
    if (!data.every(Number.isFinite)) throw new Error(`${name} holds what is not a finite number`);
  };
  const checkSizes = (name: string, sizes: readonly number[], expected: readonly number[]): void => {
    if (sizes.join() === expected.join()) return;
    throw new Error(`${name} is ${sizes.join(' × ')}, config.json says ${expected.join(' × ')}`);
  };
  const checkLinear = (name: string, layer: Linear, outputs: number, inputs: number): void => {
    if (layer.bias === undefined) throw new Error(`${name} has no bias, which Whisper has there`);
    checkUnbiased(name, layer, outputs, inputs);
  };
  const checkUnbiased = (name: string, { weight, bias }: Linear, outputs: number, inputs: number): void => {
    checkSizes(name, [weight.outputs, weight.inputs], [outputs, inputs]);
    checkNumbers(name, weight.data, outputs * inputs);
    if (bias) checkNumbers(`the bias of ${name}`, bias, outputs);
  };
  const checkNorm = (name: string, { weight, bias }: Norm): void => {
    checkNumbers(name, weight, width);
    checkNumbers(`the bias of ${name}`, bias, width);
  };
  const checkConvolution = (name: string, convolution: ConvolutionWeights, inputs: number): void => {
    checkSizes(name, [convolution.outputs, convolution.inputs], [width, inputs]);
    checkNumbers(name, convolution.data, width * inputs * 3);
    checkNumbers(`the bias of ${name}`, convolution.bias, width);
  };
  const checkAttention = (name: string, { query, key, value, output }: AttentionWeights): void => {
    for (const [part, linear] of Object.entries({ query, value, output })) {
      checkLinear(`${name}, ${part}`, linear, width, width);
    }
    checkUnbiased(`${name}, key`, key, width, width);
  };
  const checkLayer = (name: string, { attentionNorm, attention, mlpNorm, mlp }: EncoderLayerWeights): void => {
    checkNorm(`${name}, norm of the attention`, attentionNorm);
    checkAttention(`${name}, attention`, attention);
    checkNorm(`${name}, norm of the MLP`, mlpNorm);
    const inner = mlp.expand.weight.outputs;
    checkLinear(`${name}, first layer of the MLP`, mlp.expand, inner, width);
    checkLinear(`${name}, second layer of the MLP`, mlp.contract, width, inner);
  };

  const [first, second] = encoder.convolutions;
  checkConvolution('convolution 1', first, melBins);
  checkConvolution('convolution 2', second, width);
  checkNumbers("the encoder's positions", encoder.positions, shape.sourcePositions * width);
  encoder.layers.forEach((layer, i) => {
    checkLayer(`encoder layer ${i}`, layer);
  });
  checkNorm("the encoder's norm", encoder.norm);

  checkUnbiased("the decoder's embedding", { weight: decoder.embedding, bias: undefined }, shape.vocabulary, width);
  checkNumbers("the decoder's positions", decoder.positions, shape.targetPositions * width);
  decoder.layers.forEach((layer, i) => {
    const name = `decoder layer ${i}`;
    checkLayer(name, layer);
    checkNorm(`${name}, norm of the cross-attention`, layer.crossNorm);
    checkAttention(`${name}, cross-attention`, layer.cross);
  });
  checkNorm("the decoder's norm", decoder.norm);
}
