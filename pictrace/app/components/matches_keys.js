// Keys that go from match to match: within the list, and from anywhere on the page while nothing else takes them.

/** Steps along the ranking. @type {Record<string, number>} */
const STEPS = { j: 1, k: -1, ArrowRight: 1, ArrowLeft: -1 }

/** Steps from row to row. @type {Record<string, number>} */
const ROWS = { ArrowDown: 1, ArrowUp: -1 }

/** @param {EventTarget | undefined} target */
function takesKeys(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/**
 * How many stand in one row.
 * @param {HTMLElement[]} faces
 */
function columns(faces) {
  const top = faces[0]?.getBoundingClientRect().top
  const next = faces.findIndex((one) => one.getBoundingClientRect().top !== top)
  return next < 0 ? faces.length : next
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} faces
 * @returns {boolean} whether another one was gone to
 */
function go(event, faces) {
  const rows = ROWS[event.key]
  const step = rows === undefined ? STEPS[event.key] : rows * columns(faces)
  if (!step || !faces.length) return false
  const at = faces.findIndex((one) => one.matches(":focus"))
  const next = at < 0 ? faces[0] : faces[at + step]
  next?.focus()
  return next !== undefined
}

/**
 * What a key on the page does.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} list
 * @param {HTMLDialogElement} help
 */
export function press(event, list, help) {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "Escape" && help.open) {
    help.close() // and not the details, whose key it is as well
    event.preventDefault()
    event.stopImmediatePropagation()
    return
  }
  const target = event.composedPath()[0]
  if (takesKeys(target)) return
  const open = document.querySelector(".st-key-details-head") !== null
  const within = target instanceof Node && list.contains(target)
  if (event.key === "?") {
    if (!help.open) help.showModal()
  } else if (/^[jk]$/.test(event.key) ? open : !within) {
    return // of open details j and k are the keys, and elsewhere arrows scroll the page
  } else if (!go(event, Array.from(list.querySelectorAll("button")))) {
    return
  }
  event.preventDefault()
  event.stopImmediatePropagation()
}
