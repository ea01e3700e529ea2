// NIfTI on the page: what is read is what was written, and a mask goes back with its series' own header.
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { test } from 'node:test'
import { labelFile, labelsOf, packed, parse, tissueWindow, unpacked, valueAt } from '../../../reader/page/nifti.js'

function nifti({ type = 4, shape = [3, 2, 2], slope = 0, inter = 0, values }) {
  const bytes = { 2: 1, 4: 2, 16: 4 }[type]
  const buffer = new ArrayBuffer(352 + bytes * values.length)
  const view = new DataView(buffer)
  view.setInt32(0, 348, true)
  view.setInt16(40, 3, true)
  shape.forEach((size, n) => view.setInt16(42 + 2 * n, size, true))
  view.setInt16(48, 1, true)
  view.setInt16(70, type, true)
  view.setFloat32(108, 352, true)
  view.setFloat32(112, slope, true)
  view.setFloat32(116, inter, true)
  view.setFloat32(280, 1.25, true) // srow_x
  const kinds = { 2: Uint8Array, 4: Int16Array, 16: Float32Array }
  new kinds[type](buffer, 352).set(values)
  return buffer
}
const VALUES = Array.from({ length: 12 }, (_, n) => n * 10 - 20)

test('values are scaled, and a slope of 0 means unscaled', () => {
  assert.equal(valueAt(parse(nifti({ values: VALUES, slope: 2, inter: 5 })), 3), 25)
  assert.equal(valueAt(parse(nifti({ values: VALUES })), 3), 10)
})

test('a packed file is unpacked and a plain one left', async () => {
  const plain = nifti({ values: VALUES })
  const gz = gzipSync(Buffer.from(plain))
  const bytes = gz.buffer.slice(gz.byteOffset, gz.byteOffset + gz.byteLength)
  assert.deepEqual(new Uint8Array(await unpacked(bytes)), new Uint8Array(plain))
  assert.equal(await unpacked(plain), plain)
  assert.deepEqual(new Uint8Array(await unpacked(await packed(plain))), new Uint8Array(plain))
})

test('a mask has the header of its series, bytes as voxels and no scaling', () => {
  const source = parse(nifti({ values: VALUES, slope: 2, inter: 5 }))
  const labels = Uint8Array.from({ length: 12 }, (_, n) => n % 3)
  const file = labelFile(source, labels)
  const mask = parse(file.buffer)
  assert.deepEqual(labelsOf(mask), labels)
  assert.equal(new DataView(file.buffer).getFloat32(280, true), 1.25)
  assert.deepEqual([mask.slope, mask.inter], [1, 0])
})

test('what cannot be shown is refused in words', () => {
  assert.throws(() => parse(new ArrayBuffer(400)), /not a little-endian NIfTI-1 file/)
  const cut = nifti({ values: VALUES }).slice(0, 360)
  assert.throws(() => parse(cut), /cut short/)
  assert.throws(() => labelsOf(parse(nifti({ values: VALUES }))), /label above 255/)
})

test('the first window shows the tissue, not the noise nor one bright voxel', () => {
  const values = Array.from({ length: 1000 }, (_, n) => (n < 300 ? 0 : 100 + (n % 100)))
  values[999] = 30000
  const [low, high] = tissueWindow(parse(nifti({ values, shape: [10, 10, 10] })))
  assert.ok(low >= 100 && low < 110, `${low}`)
  assert.ok(high > 190 && high < 210, `${high}`)
})
