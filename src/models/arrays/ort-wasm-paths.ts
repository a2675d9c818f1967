/** @file Where our site serves ONNX Runtime's WASM build. */
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

export const paths = { mjs, wasm };
