/**
 * Saving by itself, soon after each change; a version that somebody else has overtaken is kept on both sides.
 *
 * Events: `change` (see `state`), `conflict` (detail: what, and the answer).
 */

import { RequestFailed, requestJson } from './api.js'
import { labelFile, packed } from './nifti.js'

/** Short enough that the numbers follow the hand, long enough that the dabs of one correction are one version. */
const AFTER_MS = 250
const RETRY_MS = 3000
/** A mask that the server does not know yet. */
const NEW = 'none'

/** What a browser still sends of a page that is closed. */
const KEPT_ALIVE_BYTES = 60_000

/** @param {BodyInit} body */
const size = body => (typeof body === 'string' ? body.length : body instanceof ArrayBuffer ? body.byteLength : Infinity)

/** @typedef {import('./reading.js').Reading} Reading */

/**
 * @typedef {object} Document one thing that is saved as a whole
 * @property {() => number} revision
 * @property {() => string} etag
 * @property {(etag: string) => void} setEtag
 * @property {() => Promise<{path: string, body: BodyInit}>} content
 */

export class Saver extends EventTarget {
  /** @param {Reading} reading */
  constructor(reading) {
    super()
    this.reading = reading
    /** @type {Map<string, number>} revision last saved */
    this.saved = new Map()
    /** @type {Map<string, Promise<void>>} */
    this.running = new Map()
    /** @type {Set<string>} documents whose save was refused as overtaken; they wait for the reader's word */
    this.conflicts = new Set()
    this.failure = ''
    /** the page is being left: what is small enough is sent even so */
    this.closing = false
    /** nothing is sent any more */
    this.stopped = false
    /** the server is at work on the files itself */
    this.held = false
    this.timer = 0
    for (const name of ['marks', 'discs', 'findings']) reading.addEventListener(name, () => this.soon())
    for (const [key, document] of this.#documents()) this.saved.set(key, document.revision())
  }

  /** @returns {'saved' | 'unsaved' | 'saving' | 'conflict' | 'failed'} */
  get state() {
    if (this.conflicts.size) return 'conflict'
    if (this.failure) return 'failed'
    if (this.running.size) return 'saving'
    return this.#unsaved().length ? 'unsaved' : 'saved'
  }

  /** Save a moment from now; a change meanwhile starts the moment anew. */
  soon(delay_ms = AFTER_MS) {
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => void this.flush(), delay_ms)
    this.#tell()
  }

  /**
   * Let the server change the files itself: all is saved before, and nothing is sent until the change is taken over.
   *
   * @template T
   * @param {() => Promise<T>} act
   * @returns {Promise<T>}
   */
  async exclusively(act) {
    if (!(await this.flush())) throw new Error(this.failure || 'two versions wait for your word')
    this.held = true
    try {
      return await act()
    } finally {
      this.held = false
      this.soon()
    }
  }

  /** Send nothing any more: the reader said that what is not saved may go. */
  stop() {
    clearTimeout(this.timer)
    this.stopped = true
  }

  /** Save all that is not saved. @returns {Promise<boolean>} whether everything is saved now */
  async flush() {
    clearTimeout(this.timer)
    if (this.held || this.stopped) return false
    for (let round = 0; round < 5; round++) {
      const waiting = this.#unsaved()
      if (!waiting.length) break
      await Promise.all(waiting.map(([key, document]) => this.#save(key, document)))
      if (this.failure || this.conflicts.size) break
    }
    this.#tell()
    return this.state === 'saved'
  }

  /**
   * Settle a conflict by the reader's word.
   *
   * @param {string} key
   * @param {'mine' | 'theirs'} whose
   * @param {() => Promise<void>} reload takes the server's version over
   */
  async settle(key, whose, reload) {
    const document = this.#documents().get(key)
    this.conflicts.delete(key)
    if (!document) return
    if (whose === 'theirs') {
      await reload()
      this.saved.set(key, this.#documents().get(key)?.revision() ?? 0)
      this.#tell()
    } else {
      document.setEtag(this.overtaking.get(key) ?? document.etag())
      await this.flush()
    }
  }

  /** @type {Map<string, string>} state on the server that overtook ours */
  overtaking = new Map()

  /** What is not saved, as files that the reader can keep. @returns {Promise<{name: string, content: BodyInit}[]>} */
  async copies() {
    const { reading } = this
    return Promise.all(this.waiting.map(async ([key, document]) => {
      const { body } = await document.content()
      const [region, series] = key.split('/')
      const file = reading.series.get(series ?? '')?.info.file ?? reading.id
      return { name: series ? `${file}_label-${region}_mask.nii.gz` : `${file}_${key}.json`, content: body }
    }))
  }

  /** @param {string} key @returns {boolean} whether the newest of this document is on the server */
  isSaved(key) {
    return !this.#unsaved().some(([unsaved]) => unsaved === key)
  }

  /** Nothing of this document is to be saved: it is as on the server. @param {string} key */
  settled(key) {
    const document = this.#documents().get(key)
    if (document) this.saved.set(key, document.revision())
    this.#tell()
  }

  /** @returns {[string, Document][]} what is not on the server, also what waits for the reader's word */
  get waiting() {
    return [...this.#documents()].filter(([key, document]) => document.revision() !== (this.saved.get(key) ?? 0))
  }

  #unsaved() {
    return this.waiting.filter(([key]) => !this.conflicts.has(key))
  }

  /** @param {string} key @param {Document} document */
  async #save(key, document) {
    const running = this.running.get(key)
    if (running) return running
    const sending = this.#send(key, document).finally(() => this.running.delete(key))
    this.running.set(key, sending)
    this.#tell()
    return sending
  }

  /** @param {string} key @param {Document} document */
  async #send(key, document) {
    const revision = document.revision()
    try {
      const { path, body } = await document.content()
      const said = await requestJson(path, {
        method: 'PUT',
        etag: document.etag() || NEW,
        keepalive: this.closing && size(body) < KEPT_ALIVE_BYTES,
        ...(typeof body === 'string' ? { json: JSON.parse(body) } : { body }),
      })
      document.setEtag(said.etag ?? '')
      this.saved.set(key, revision)
      this.failure = ''
      if (this.reading.info.state === 'untouched') this.reading.setState(false, 'in_work')
      if (said.numbers) this.reading.setNumbers(said.numbers)
      this.dispatchEvent(new CustomEvent('saved', { detail: { key, said } }))
    } catch (failure) {
      this.#failed(key, failure)
    }
  }

  /** @param {string} key @param {unknown} failure */
  #failed(key, failure) {
    if (failure instanceof RequestFailed && failure.status === 412) {
      this.conflicts.add(key)
      this.overtaking.set(key, String(failure.body.etag ?? ''))
      this.dispatchEvent(new CustomEvent('conflict', { detail: { key, body: failure.body } }))
      return
    }
    this.failure = failure instanceof Error ? failure.message : String(failure)
    const passing = failure instanceof RequestFailed && (failure.status === 0 || failure.status >= 500)
    if (passing) this.soon(RETRY_MS)
  }

  /** @returns {Map<string, Document>} */
  #documents() {
    const reading = this.reading
    /** @type {Map<string, Document>} */
    const found = new Map()
    for (const mask of reading.masks.values()) {
      found.set(mask.key, {
        revision: () => mask.revision,
        etag: () => mask.etag,
        setEtag: etag => (mask.etag = etag),
        content: async () => {
          const source = await /** @type {import('./reading.js').Series} */ (reading.series.get(mask.series)).load()
          const path = `cases/${reading.id}/masks/${mask.region}/${mask.series}.nii.gz`
          return { path, body: await packed(labelFile(source, mask.labels)) }
        },
      })
    }
    found.set('discs', {
      revision: () => reading.discs.revision,
      etag: () => reading.discs.etag,
      setEtag: etag => (reading.discs.etag = etag),
      content: async () => ({
        path: `cases/${reading.id}/discs`,
        body: JSON.stringify({ frame: 'LPS', points: reading.discs.points, scheme: reading.discs.scheme }),
      }),
    })
    found.set('findings', {
      revision: () => reading.findingsRevision,
      etag: () => reading.findingsEtag,
      setEtag: etag => (reading.findingsEtag = etag),
      content: async () => ({ path: `cases/${reading.id}/findings`, body: JSON.stringify(reading.findings) }),
    })
    return found
  }

  #tell() {
    this.dispatchEvent(new Event('change'))
  }
}
