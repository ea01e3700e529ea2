// What only reads is asked once more where the network failed; what writes is left to the saving, which knows its state.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestFailed, fetchJson, requestFile, requestJson } from '../../../reader/page/api.js'

globalThis.sessionStorage = { getItem: () => 'token' }

/** Let fetch give these answers, one after the other. */
function served(...answers) {
  const asked = []
  globalThis.fetch = async (address, options) => {
    asked.push(`${options.method} ${address}`)
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer()
  }
  return asked
}
const ok = () => new Response('{"a": 1}', { headers: { etag: '"e1"' } })
const cut = () => new Response(new ReadableStream({ start: control => control.error(new TypeError('network error')) }))
const gone = new TypeError('Failed to fetch')

test('a dropped connection or an answer that was cut off is asked for again', async () => {
  for (const fault of [gone, cut]) {
    const asked = served(fault, ok)
    assert.deepEqual(await requestJson('cases'), { a: 1 })
    assert.deepEqual(asked, ['GET /api/cases', 'GET /api/cases'])
    served(fault, ok)
    assert.deepEqual(await fetchJson('cases'), { body: { a: 1 }, etag: 'e1' })
    served(fault, ok)
    assert.equal((await requestFile('cases')).bytes.byteLength, 8)
  }
})

test('a server that has gone is told after the second time', async () => {
  const asked = served(gone, gone, ok)
  await assert.rejects(requestJson('cases'), failure => failure instanceof RequestFailed && failure.status === 0 && /iscm read/.test(failure.message))
  assert.equal(asked.length, 2)
})

test('what the server refused is not asked again', async () => {
  const asked = served(() => new Response('{"code": "x", "message": "no such case"}', { status: 404 }), ok)
  await assert.rejects(requestJson('cases/c9'), failure => failure.status === 404 && failure.message === 'no such case')
  assert.equal(asked.length, 1)
})

test('a save is sent once, and one whose answer was cut off counts as not saved', async () => {
  for (const fault of [gone, cut]) {
    const asked = served(fault, ok)
    await assert.rejects(requestJson('cases/c1/findings', { method: 'PUT', json: {} }), failure => failure.status === 0)
    assert.equal(asked.length, 1)
  }
})

test('a server that is slow is not called gone', async () => {
  const late = new DOMException('signal timed out', 'TimeoutError')
  const asked = served(late, ok)
  await assert.rejects(requestJson('cases'), failure => /busy/.test(failure.message))
  assert.equal(asked.length, 1)
})
