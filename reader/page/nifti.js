/**
 * NIfTI-1 files: what the page needs of them, and the masks it sends back.
 *
 * @typedef {Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array} Voxels
 */

const HEADER_BYTES = 348
const VOXEL_OFFSET = 352
const UINT8 = 2
/** @type {Record<number, {new (buffer: ArrayBuffer, offset: number, length: number): Voxels, BYTES_PER_ELEMENT: number}>} */
const ARRAYS = {
  2: Uint8Array,
  4: Int16Array,
  8: Int32Array,
  16: Float32Array,
  64: Float64Array,
  256: Int8Array,
  512: Uint16Array,
  768: Uint32Array,
}

/** Field offsets of the NIfTI-1 header. */
const AT = { dim: 40, datatype: 70, bitpix: 72, voxOffset: 108, slope: 112, inter: 116, calMax: 124, calMin: 128 }

/**
 * @typedef {object} Nifti
 * @property {ArrayBuffer} buffer the file, unpacked
 * @property {[number, number, number]} shape
 * @property {Voxels} voxels stored values, first axis fastest
 * @property {number} slope
 * @property {number} inter
 */

/** @param {ArrayBuffer} bytes @returns {Promise<ArrayBuffer>} the bytes, unpacked where they are gzip */
export async function unpacked(bytes) {
  const [first, second] = new Uint8Array(bytes, 0, 2)
  if (first !== 0x1f || second !== 0x8b) return bytes
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer()
}

/** @param {ArrayBuffer | Uint8Array<ArrayBuffer>} bytes @returns {Promise<ArrayBuffer>} */
export async function packed(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
}

/**
 * @param {ArrayBuffer} buffer an unpacked little-endian NIfTI-1 file
 * @returns {Nifti}
 */
export function parse(buffer) {
  const view = new DataView(buffer)
  if (buffer.byteLength < VOXEL_OFFSET || view.getInt32(0, true) !== HEADER_BYTES) {
    throw new Error('not a little-endian NIfTI-1 file')
  }
  const datatype = view.getInt16(AT.datatype, true)
  const Stored = ARRAYS[datatype]
  if (!Stored) throw new Error(`voxels of NIfTI type ${datatype} cannot be shown`)
  const dim = [1, 2, 3, 4].map(n => view.getInt16(AT.dim + 2 * n, true))
  if (view.getInt16(AT.dim, true) > 3 && dim[3] > 1) throw new Error('a series of several volumes cannot be shown')
  /** @type {[number, number, number]} */
  const shape = [dim[0], dim[1], Math.max(dim[2], 1)]
  const offset = view.getFloat32(AT.voxOffset, true)
  const count = shape[0] * shape[1] * shape[2]
  if (buffer.byteLength < offset + count * Stored.BYTES_PER_ELEMENT) throw new Error('the file is cut short')
  const slope = view.getFloat32(AT.slope, true)
  return {
    buffer,
    shape,
    voxels: new Stored(buffer, offset, count),
    slope: slope || 1,
    inter: slope ? view.getFloat32(AT.inter, true) : 0,
  }
}

/** @param {Nifti} image @param {number} index @returns {number} the value at a place in the array, scaled */
export const valueAt = (image, index) => image.voxels[index] * image.slope + image.inter

/**
 * @param {Nifti} source the series that the mask was drawn on; its header is the mask's
 * @param {Uint8Array} labels
 * @returns {Uint8Array<ArrayBuffer>} an unpacked NIfTI file of the labels
 */
export function labelFile(source, labels) {
  const file = new Uint8Array(VOXEL_OFFSET + labels.length)
  file.set(new Uint8Array(source.buffer, 0, HEADER_BYTES))
  const view = new DataView(file.buffer)
  view.setInt16(AT.datatype, UINT8, true)
  view.setInt16(AT.bitpix, 8, true)
  view.setFloat32(AT.voxOffset, VOXEL_OFFSET, true)
  view.setFloat32(AT.slope, 1, true)
  view.setFloat32(AT.inter, 0, true)
  view.setFloat32(AT.calMax, 0, true)
  view.setFloat32(AT.calMin, 0, true)
  file.set(labels, VOXEL_OFFSET)
  return file
}

/** @param {Nifti} image a label map @returns {Uint8Array} its labels in a byte each */
export function labelsOf(image) {
  const labels = Uint8Array.from(image.voxels)
  if (image.voxels.some((value, index) => value !== labels[index])) throw new Error('a label above 255 cannot be shown')
  return labels
}

/**
 * Window that shows most of the tissue: from the 2nd to the 99.5th percentile of the voxels above zero.
 *
 * @param {Nifti} image
 * @returns {[number, number]}
 */
export function tissueWindow(image) {
  const step = Math.max(1, Math.floor(image.voxels.length / 200_000))
  /** @type {number[]} */
  const sample = []
  for (let n = 0; n < image.voxels.length; n += step) {
    const value = valueAt(image, n)
    if (value > 0) sample.push(value)
  }
  if (!sample.length) return [0, 1]
  sample.sort((a, b) => a - b)
  const at = (/** @type {number} */ part) => sample[Math.min(sample.length - 1, Math.floor(part * sample.length))]
  return [at(0.02), Math.max(at(0.995), at(0.02) + 1e-6)]
}
