/** @file ONNX Runtime Web for the processor: half the size of the build with WebGPU, and faster without it. */
import * as ort from 'onnxruntime-web/wasm';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

export const paths = { mjs, wasm };
export default ort;
