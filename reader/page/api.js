/** Requests to the server: the token, clear failures, and nothing of the page. */

const TOKEN_KEY = 'iscm-token'
/** A busy machine may take a minute to open a case; a server that has gone is told at once. */
const READ_MS = 180_000
const WRITE_MS = 60_000
/** What only reads is asked once more where the answer did not come through. */
const AGAIN_MS = 500

/** A request that the server refused, or that did not reach it (status 0). */
export class RequestFailed extends Error {
  /** @param {number} status @param {{code?: string, message?: string, [key: string]: unknown}} body */
  constructor(status, body) {
    super(body.message ?? (status ? `the server answered ${status}` : 'the server cannot be reached'))
    this.status = status
    this.code = body.code ?? ''
    this.body = body
  }
}

/** Take the token out of the address, where a look over the shoulder or a bookmark would keep it. */
export function takeToken() {
  const fragment = new URLSearchParams(location.hash.slice(1))
  const given = fragment.get('token')
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, given)
    fragment.delete('token')
    const rest = fragment.toString()
    history.replaceState(null, '', location.pathname + (rest ? `#${rest}` : ''))
  }
  return sessionStorage.getItem(TOKEN_KEY) ?? ''
}

/**
 * @typedef {object} Options
 * @property {string} [method]
 * @property {unknown} [json] body as JSON
 * @property {BodyInit} [body]
 * @property {string} [etag] sent as If-Match
 * @property {boolean} [keepalive] lets the request outlive the page
 */

/**
 * @param {string} path below `/api/`
 * @param {Options} [options]
 * @returns {Promise<Response>} an answer of status 2xx
 */
export async function request(path, { method = 'GET', json, body, etag, keepalive = false } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(TOKEN_KEY) ?? ''}` }
  if (json !== undefined) headers['Content-Type'] = 'application/json'
  else if (body !== undefined) headers['Content-Type'] = 'application/octet-stream'
  if (etag) headers['If-Match'] = `"${bare(etag)}"`
  /** @type {Response} */
  let answer
  try {
    answer = await fetch(`/api/${path}`, {
      method,
      headers,
      body: json === undefined ? body : JSON.stringify(json),
      keepalive,
      signal: keepalive ? undefined : AbortSignal.timeout(method === 'GET' ? READ_MS : WRITE_MS),
    })
  } catch (failure) {
    throw unreachable(failure)
  }
  if (!answer.ok) throw new RequestFailed(answer.status, await failureBody(answer))
  return answer
}

/** @param {unknown} failure of the network @returns {RequestFailed} */
function unreachable(failure) {
  const late = failure instanceof DOMException && failure.name === 'TimeoutError'
  const message = late ? 'the server did not answer in time; the machine may be busy' : 'the server cannot be reached; is `iscm read` still running?'
  return new RequestFailed(0, { code: late ? 'late' : 'unreachable', message })
}

/**
 * Ask and read the whole answer; what only reads is asked once more where the network, not the server, failed.
 *
 * @template T
 * @param {string} path
 * @param {Options} options
 * @param {(answer: Response) => Promise<T>} read
 * @returns {Promise<T>}
 */
async function whole(path, options, read) {
  try {
    return await once(path, options, read)
  } catch (failure) {
    const again = (options.method ?? 'GET') === 'GET' && failure instanceof RequestFailed && failure.code === 'unreachable'
    if (!again) throw failure
    await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
    return once(path, options, read)
  }
}

/**
 * @template T
 * @param {string} path
 * @param {Options} options
 * @param {(answer: Response) => Promise<T>} read
 * @returns {Promise<T>}
 */
async function once(path, options, read) {
  const answer = await request(path, options)
  try {
    return await read(answer)
  } catch (failure) {
    throw unreachable(failure)
  }
}

/** @param {string} etag @returns {string} without the quotes that a header has and a JSON answer has not */
export const bare = etag => etag.replaceAll('"', '')

/** @param {Response} answer @returns {Promise<Record<string, unknown>>} */
async function failureBody(answer) {
  try {
    const body = await answer.json()
    return typeof body === 'object' && body ? (body.detail && typeof body.detail === 'object' ? body.detail : body) : {}
  } catch {
    return {}
  }
}

/** @param {string} path @param {Options} [options] @returns {Promise<any>} */
export const requestJson = (path, options = {}) => whole(path, options, answer => answer.json())

/** @param {string} path @returns {Promise<{body: any, etag: string}>} a document and its state */
export const fetchJson = path => whole(path, {}, async answer => ({ body: await answer.json(), etag: etagOf(answer) }))

/** @param {string} path @returns {Promise<{bytes: ArrayBuffer, etag: string}>} */
export const requestFile = path => whole(path, {}, async answer => ({ bytes: await answer.arrayBuffer(), etag: etagOf(answer) }))

/** @param {Response} answer */
const etagOf = answer => bare(answer.headers.get('etag') ?? '')
