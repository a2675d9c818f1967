/** @file ONNX Runtime Web for the processor: half the size of the build with WebGPU, and faster without it. */
import * as ort from 'onnxruntime-web/wasm';

export { paths } from '../../arrays/ort-wasm-paths.ts';
export default ort;
