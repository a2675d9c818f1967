/** @file ONNX Runtime Web with WebGPU. */
import * as ort from 'onnxruntime-web/webgpu';

export { paths } from '../../arrays/ort-webgpu-paths.ts';
export default ort;
