/** @file Where our site serves ONNX Runtime's build with WebGPU. */
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';

export const paths = { mjs, wasm };
