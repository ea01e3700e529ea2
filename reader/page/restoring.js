/**
 * The question about marks and answers that a page was closed over before they were saved.
 *
 * @typedef {import('./page.js').CasePage} CasePage
 * @typedef {import('./drafts.js').Left} Left
 */

import { ask } from './dialogs.js'
import { make } from './dom.js'
import { words } from './wording.js'

/** Offer what an earlier opening of this case left unsaved; what is left open is asked again next time. @param {CasePage} page */
export async function offerDrafts(page) {
  const { drafts, reading } = page
  if (reading.locked) return
  const left = await drafts.left()
  if (!left.length) return
  const able = left.filter(({ draft }) => !draft.mask || drafts.seriesOf(draft))
  const answer = await ask({
    title: 'Not saved when this page was closed',
    body: [
      'This browser has kept what did not reach the study:',
      make('ul', {}, left.map(one => make('li', { text: said(page, one) }))),
      'If the study was changed since, you are asked which version goes on, and both are kept.',
    ],
    answers: [
      ...(able.length ? [{ value: 'restore', text: 'Restore and save it', primary: true }] : []),
      { value: '', text: 'Ask again next time' },
      { value: 'discard', text: 'Throw it away' },
    ],
  })
  if (answer === 'restore') {
    for (const one of able) drafts.restore(one)
    page.say('restored what was not saved')
  } else if (answer === 'discard') drafts.discard(left)
}

/** @param {CasePage} page @param {Left} left @returns {string} what it is, and when it was changed */
function said({ drafts }, { key, draft }) {
  const series = drafts.seriesOf(draft)
  const what = draft.mask ? `${words(draft.mask.region)}, ${series?.info.name ?? 'on a series that has changed since: it cannot be restored here'}` : words(key)
  return `${what} (${new Date(draft.at).toLocaleString()})`
}
