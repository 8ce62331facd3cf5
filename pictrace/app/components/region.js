// A part of a picture: drawn by dragging, moved by dragging it or by the arrow keys, resized with Shift.
import { filled, find } from "./dom.js"

/** @import { Box, Component, RegionData } from "./data" */

const LEAST = 3 // percent of a side: less is a slip of the hand
const STEP = 2

/** @type {WeakMap<ShadowRoot, { src: string, box: Box }>} */
const drawn = new WeakMap()

/** @param {number} one */
const within = (one) => Math.min(100, Math.max(0, one))

/** @param {Component<RegionData>} component */
export default function (component) {
  const { data, parentElement, setStateValue } = component
  const stage = find(parentElement, ".stage", HTMLElement)
  const picture = find(stage, "img", HTMLImageElement)
  const part = find(stage, ".part", HTMLElement)
  const told = find(parentElement, "p", HTMLElement)
  picture.src = data.src
  picture.alt = data.alt
  part.setAttribute("aria-label", data.words.label)
  const kept = drawn.get(parentElement)
  /** @type {Box} */
  let box = kept && kept.src === data.src ? kept.box : data.box

  const isWhole = () => box[2] > 99.5 && box[3] > 99.5
  const show = () => {
    const [x, y, width, height] = box
    Object.assign(part.style, { left: `${x}%`, top: `${y}%`, width: `${width}%`, height: `${height}%` })
    part.classList.toggle("whole", isWhole())
    told.textContent = isWhole()
      ? data.words.whole
      : filled(data.words.part, { width: Math.round(width), height: Math.round(height) })
    drawn.set(parentElement, { src: data.src, box })
  }
  const send = () => setStateValue("box", box)
  /** @param {PointerEvent} event */
  const at = (event) => {
    const frame = stage.getBoundingClientRect()
    return [
      within(((event.clientX - frame.left) / frame.width) * 100),
      within(((event.clientY - frame.top) / frame.height) * 100),
    ]
  }

  stage.onpointerdown = (event) => {
    if (event.button) return
    event.preventDefault()
    stage.setPointerCapture(event.pointerId)
    part.focus({ preventScroll: true })
    const [startX, startY] = at(event)
    const before = box
    const [left, top, width, height] = box
    const moves = !isWhole() && startX > left && startX < left + width && startY > top && startY < top + height
    stage.onpointermove = (next) => {
      const [x, y] = at(next)
      box = moves
        ? [
            Math.min(100 - width, Math.max(0, left + x - startX)),
            Math.min(100 - height, Math.max(0, top + y - startY)),
            width,
            height,
          ]
        : [Math.min(x, startX), Math.min(y, startY), Math.abs(x - startX), Math.abs(y - startY)]
      show()
    }
    stage.onpointerup = stage.onpointercancel = () => {
      stage.onpointermove = stage.onpointerup = stage.onpointercancel = null
      if (box[2] < LEAST || box[3] < LEAST) box = before
      show()
      send()
    }
  }
  part.onkeydown = (event) => {
    /** @type {Record<string, [number, number]>} */
    const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    const [x, y, width, height] = box
    box = event.shiftKey
      ? [
          x,
          y,
          Math.min(100 - x, Math.max(LEAST, width + move[0])),
          Math.min(100 - y, Math.max(LEAST, height + move[1])),
        ]
      : [
          Math.min(100 - width, Math.max(0, x + move[0])),
          Math.min(100 - height, Math.max(0, y + move[1])),
          width,
          height,
        ]
    show()
  }
  part.onkeyup = (event) => {
    if (event.key.startsWith("Arrow")) send()
  }
  show()
}
