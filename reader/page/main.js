/** Start: the token, the worklist, and one case at a time. */

import { RequestFailed, requestJson, takeToken } from './api.js'
import { asking } from './dialogs.js'
import { find, make } from './dom.js'
import { listen } from './keys.js'

/** @type {import('./page.js').CasePage | null} */
let page = null
/** @type {any} */
let session = null

/** @param {string} title @param {string} message */
function stop(title, message) {
  document.body.dataset.view = 'stopped'
  find('#stopped').replaceChildren(make('h1', { text: title }), make('p', { text: message }))
  document.body.dataset.ready = 'stopped'
}

/** @param {unknown} failure */
function explain(failure) {
  if (failure instanceof RequestFailed && failure.status === 401) {
    stop('This address is not valid any more', 'The page needs the address that `iscm read` printed, with its token. Start `iscm read` again if it has ended, and open the new address.')
  } else stop('The page cannot go on', failure instanceof Error ? failure.message : String(failure))
}

async function showList() {
  if (page && !(await page.leave())) return
  page = null
  delete document.body.dataset.ready
  history.replaceState(null, '', location.pathname)
  document.body.dataset.view = 'list'
  const { showWorklist } = await import('./worklist.js')
  await showWorklist(session, id => void showCase(id))
  document.body.dataset.ready = 'list'
}

/** @param {string} id */
async function showCase(id) {
  try {
    delete document.body.dataset.ready
    history.replaceState(null, '', `${location.pathname}#case=${id}`)
    document.body.dataset.view = 'case'
    const vocabulary = await requestJson('vocabulary')
    const [{ CasePage }, { canDraw }, { Reading }] = await loadCaseModules()
    if (!canDraw()) {
      stop('This browser cannot show the images', 'The reading page needs WebGL 2. Open it in a current Firefox, Chrome or Edge, and switch hardware acceleration on if it is off.')
      return
    }
    page = new CasePage(await Reading.open(id), session, vocabulary)
    await page.start()
    document.body.dataset.ready = 'case'
  } catch (failure) {
    explain(failure)
  }
}

async function loadCaseModules() {
  try {
    return await Promise.all([import('./page.js'), import('./viewer.js'), import('./reading.js')])
  } catch (failure) {
    if (session?.niivue !== false) throw failure
    throw new Error('The renderer of the images is not installed. Install iscm again where the npm registry can be reached: pip install --force-reinstall --no-deps iscm')
  }
}

async function start() {
  try {
    takeToken()
    session = await requestJson('session')
    find('#notice').textContent = session.notice ?? 'Research use only. Not a medical device.'
    find('#tolist').addEventListener('click', () => void showList())
    listen(() => (page && !asking() ? page.bindings : []))
    const asked = new URLSearchParams(location.hash.slice(1)).get('case')
    await (asked ? showCase(asked) : showList())
  } catch (failure) {
    explain(failure)
  }
}

/** For tests and for a look from the browser's console. */
Object.assign(window, { iscm: { get page() { return page } } })
void start()
