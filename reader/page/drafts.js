/**
 * What is not saved yet, kept in this browser until it is: a page that is reloaded or closed within a moment after a
 * stroke, or that outlives its server, loses nothing.
 *
 * It is written at once with each change, because a page that is closed gets no time to pack and send a mask. Kept are
 * marks, discs and answers under the pseudonymous ids of the case; nothing of the images, and no name.
 *
 * @typedef {import('./findings.js').Answers} Answers
 * @typedef {import('./findings.js').Findings} Findings
 * @typedef {import('./masks.js').Mask} Mask
 * @typedef {import('./reading.js').Reading} Reading
 * @typedef {import('./saving.js').Saver} Saver
 *
 * @typedef {object} Draft one document as it was when it was changed last
 * @property {string} at ISO time
 * @property {string} etag the state on the server that it was changed from; empty where there was none
 * @property {{region: string, file: string, size: number, runs: number[]}} [mask] `file` is the series
 * @property {{points: Record<string, [number, number, number]>, scheme: import('./levels.js').Scheme}} [discs]
 * @property {Findings} [findings]
 *
 * @typedef {{name: string, key: string, draft: Draft}} Left a draft of an earlier opening
 */

import { bare } from './api.js'

const PREFIX = 'iscm-draft'
/** A page that is being closed gives its lock back within a moment, on a busy machine within seconds; an open one does not. */
const OPEN_ELSEWHERE_MS = 5000

/** @param {Pick<Mask, 'places' | 'labels'>} mask @returns {number[]} gap, length and label of each run of marked voxels */
export function runsOf({ places, labels }) {
  /** @type {number[]} */
  const runs = []
  let end = 0
  for (let n = 0; n < places.length; ) {
    const first = places[n]
    const label = labels[first]
    let length = 1
    while (places[n + length] === first + length && labels[first + length] === label) length += 1
    runs.push(first - end, length, label)
    end = first + length
    n += length
  }
  return runs
}

/** @param {readonly number[]} runs @param {number} size voxels @returns {Uint8Array} */
export function labelsOfRuns(runs, size) {
  const labels = new Uint8Array(size)
  let at = 0
  for (let n = 0; n + 2 < runs.length; n += 3) {
    at += runs[n]
    labels.fill(runs[n + 2], at, at + runs[n + 1])
    at += runs[n + 1]
  }
  return labels
}

/** What of an answer the reader said; the server enters the rest. @param {Answers} answers */
const spoken = answers => JSON.stringify(Object.keys(answers).sort().flatMap(name => {
  const { value, na_reason, confidence, series, comment } = answers[name]
  return value === null ? [] : [[name, value, na_reason ?? null, confidence ?? null, series ?? null, comment ?? null]]
}))

/** @param {Findings} one @param {Findings} other @returns {boolean} whether the same was said */
export function sameSaid(one, other) {
  const lesions = [...new Set([...Object.keys(one.lesions), ...Object.keys(other.lesions)])]
  const remarks = [one, other].map(({ record }) => JSON.stringify([record?.key_images ?? [], record?.comment ?? null]))
  return spoken(one.patient) === spoken(other.patient) && remarks[0] === remarks[1]
    && lesions.every(lesion => spoken(one.lesions[lesion] ?? {}) === spoken(other.lesions[lesion] ?? {}))
}

/** The name of a folder may say more than an id: only its hash is kept (FNV-1a). @param {string} text */
const hashed = text => [...text].reduce((sum, sign) => Math.imul(sum ^ (sign.codePointAt(0) ?? 0), 0x01000193) >>> 0, 0x811c9dc5).toString(16)

export class Drafts {
  /**
   * @param {Reading} reading
   * @param {Saver} saver
   * @param {{study: string, reader: string}} session
   * @param {Storage} [storage]
   */
  constructor(reading, saver, session, storage = localStorage) {
    this.reading = reading
    this.saver = saver
    this.storage = storage
    const { participant, session: visit } = reading.info
    this.place = [PREFIX, hashed(session.study), session.reader, `${participant}_${visit}`].join('|')
    /** this opening of the case; another one may be open beside it */
    this.opening = crypto.randomUUID()
    /** @type {Map<string, string>} what is kept of each document, so that it is written once */
    this.kept = new Map()
  }

  /** Keep what changes until it is saved. @param {AbortSignal} signal ends it */
  listen(signal) {
    // the lock says that this opening is alive: its drafts are not offered to another tab
    void navigator.locks?.request(this.#lock(this.opening), () => new Promise(done => signal.addEventListener('abort', done)))
    for (const name of ['marks', 'discs', 'findings']) this.reading.addEventListener(name, () => this.keep(), { signal })
    this.saver.addEventListener('change', () => this.keep(), { signal })
  }

  /** @param {string} opening */
  #lock(opening) {
    return `${PREFIX}|${opening}`
  }

  /** @param {string} key of a document */
  #name(key) {
    return [this.place, this.opening, key].join('|')
  }

  /** Write what is not saved, and forget what is. */
  keep() {
    const waiting = new Map(this.saver.waiting.map(([key, document]) => [key, `${document.revision()} ${document.etag()}`]))
    for (const [key, state] of waiting) {
      if (this.kept.get(key) === state) continue
      try {
        this.storage.setItem(this.#name(key), JSON.stringify(this.#draft(key)))
      } catch {
        // a browser that keeps nothing, or no more: the question before the page is closed is still asked
        this.storage.removeItem(this.#name(key))
      }
      this.kept.set(key, state)
    }
    for (const key of [...this.kept.keys()]) if (!waiting.has(key)) this.#forget(key)
  }

  /** @param {string} key */
  #forget(key) {
    this.storage.removeItem(this.#name(key))
    this.kept.delete(key)
  }

  /** The reader said that what is not saved may go. */
  forgetAll() {
    for (const key of [...this.kept.keys()]) this.#forget(key)
  }

  /** @param {string} key @returns {Draft} */
  #draft(key) {
    const { reading } = this
    const at = new Date().toISOString()
    const mask = reading.masks.get(key)
    if (mask) {
      const file = reading.series.get(mask.series)?.info.file ?? ''
      return { at, etag: bare(mask.etag), mask: { region: mask.region, file, size: mask.labels.length, runs: runsOf(mask) } }
    }
    if (key === 'discs') {
      const { points, scheme, etag } = reading.discs
      return { at, etag: bare(etag), discs: { points, scheme } }
    }
    return { at, etag: bare(reading.findingsEtag), findings: reading.findings }
  }

  /** @returns {Promise<Left[]>} the newest draft of each document that a closed page has left and that is not saved */
  async left() {
    const names = Object.keys(this.storage).filter(name => name.startsWith(`${this.place}|`) && !name.startsWith(`${this.place}|${this.opening}|`))
    /** @type {Map<string, Left>} */
    const newest = new Map()
    const parts = names.map(name => name.slice(this.place.length + 1).split('|'))
    const closed = new Map(await Promise.all([...new Set(parts.map(([opening]) => opening))].map(
      async opening => /** @type {const} */ ([opening, await this.#isClosed(opening)]))))
    for (const [n, name] of names.entries()) {
      const [opening, key] = parts[n]
      // the page that was being closed may have saved it by now
      const text = this.storage.getItem(name)
      if (!closed.get(opening) || text === null) continue
      /** @type {Draft} */
      const draft = JSON.parse(text)
      if (this.#isThere(draft)) this.storage.removeItem(name)
      else if ((newest.get(key)?.draft.at ?? '') < draft.at) newest.set(key, { name, key, draft })
    }
    return [...newest.values()]
  }

  /** @param {string} opening @returns {Promise<boolean>} */
  async #isClosed(opening) {
    const signal = AbortSignal.timeout(OPEN_ELSEWHERE_MS)
    return navigator.locks?.request(this.#lock(opening), { signal }, () => true).catch(() => false) ?? true
  }

  /** @param {Draft} draft @returns {import('./reading.js').Series | undefined} that a mask was drawn on, unless it has another grid now */
  seriesOf({ mask }) {
    return [...this.reading.series.values()].find(({ info, grid }) => info.file === mask?.file && grid.size === mask.size)
  }

  /** @param {Draft} draft @returns {boolean} whether just this is shown already: it was saved after all */
  #isThere(draft) {
    const { reading } = this
    if (draft.findings) return sameSaid(draft.findings, reading.findings)
    if (draft.discs) return JSON.stringify([draft.discs.points, draft.discs.scheme]) === JSON.stringify([reading.discs.points, reading.discs.scheme])
    const series = this.seriesOf(draft)
    const own = series && reading.masks.get(`${draft.mask?.region}/${series.id}`)
    return JSON.stringify(own ? runsOf(own) : []) === JSON.stringify(draft.mask?.runs)
  }

  /**
   * Take a draft over as a change of the reader, which is saved and can be undone. It says of which version it is: where
   * another one was saved since, the usual question is asked and both are kept.
   *
   * @param {Left} left
   */
  restore({ name, draft }) {
    const { reading } = this
    const series = this.seriesOf(draft)
    if (draft.mask && series) {
      const mask = reading.ownMask(draft.mask.region, series)
      mask.etag = draft.etag
      reading.record(mask, mask.replace(labelsOfRuns(draft.mask.runs, draft.mask.size)), 'restore what was not saved')
    } else if (draft.discs) {
      reading.discs.etag = draft.etag
      reading.setDiscs(draft.discs.points, 'restore what was not saved', draft.discs.scheme)
    } else if (draft.findings) {
      reading.findingsEtag = draft.etag
      reading.setFindings({ ...draft.findings, approvals: reading.findings.approvals })
    } else return
    // by now it is kept as a change of this opening
    this.storage.removeItem(name)
  }

  /** @param {readonly Left[]} left */
  discard(left) {
    for (const { name } of left) this.storage.removeItem(name)
  }
}
