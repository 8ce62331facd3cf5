// The map of a catalog, and what a person does with it. Points are asked for by number when they are looked at.
import { find, penOf, speak } from "./dom.js"
import { lookOf, paintLegend, rampLook, themeOf } from "./pointmap_looks.js"
import { pointTowards, pointUnder } from "./pointmap_near.js"
import {
  boundsOf,
  chosenPictures,
  MOST_SIDE,
  paintBadge,
  paintDots,
  paintPicture,
  projection,
  SIDE,
  strideOf,
} from "./pointmap_paper.js"

/** @import { Component, PointMap } from "./data" */
/** @import { Drawing, Point, Seen } from "./drawing" */

const REST_MS = 140
const PATIENCE_MS = 2500 // an answer can get lost where two runs of the page meet
const MOST_ASKED = 48
const MOST_KEPT = 3000
/** @type {Map<string, Map<number, Seen>>} version -> what is known of its points; outlives the element */
const kept = new Map()
/** @type {WeakMap<ShadowRoot, Drawing>} */
const mounted = new WeakMap()

/** @param {string} text in base64 */
const bytesOf = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0))

/** @param {string} version */
function textsOf(version) {
  const texts = kept.get(version) ?? new Map()
  const [oldest] = kept.keys()
  if (!kept.has(version) && kept.size > 3) kept.delete(oldest)
  kept.set(version, texts)
  return texts
}

/**
 * @param {string} src
 * @param {() => void} ready
 */
function imageOf(src, ready) {
  const image = new Image()
  image.onload = ready
  image.src = src
  return image
}

/** @param {Component<PointMap>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const stage = find(parentElement, ".stage", HTMLElement)
  const canvas = find(parentElement, "canvas", HTMLCanvasElement)
  const tip = find(parentElement, ".tip", HTMLElement)
  const picture = find(tip, "img", HTMLImageElement)
  const title = find(tip, "span", HTMLElement)
  const note = find(tip, "small", HTMLElement)
  const said = find(parentElement, "figcaption", HTMLElement)
  const former = mounted.get(parentElement)
  const raw = new Uint16Array(bytesOf(data.points).buffer)
  const points = Float32Array.from(raw, (one) => one / 65535)
  const same = former && former.version === data.version
  const current = () => mounted.get(parentElement)?.redraw() // of the latest run, whichever asked
  const everything = data.query ? [...points, data.query.x, data.query.y] : points
  const bounds = boundsOf(everything)
  const whole = () => ({ zoom: 1, x: (bounds[0] + bounds[1]) / 2, y: (bounds[2] + bounds[3]) / 2 })
  const view = same ? former.view : whole()
  /** @type {Drawing} */
  const map = {
    version: data.version,
    data,
    points,
    codes: bytesOf(data.codes),
    marks: new Map(data.marks),
    query: data.query && { ...data.query, image: data.query.src ? imageOf(data.query.src, current) : null },
    selected: data.selected,
    hovered: same ? former.hovered : null,
    only: same && former.look === data.look ? former.only : null,
    pictures: former ? former.pictures : true,
    view,
    asked: same ? former.asked : new Map(), // point -> when
    look: data.look,
    stride: strideOf(data.count),
    theme: themeOf(canvas),
    bounds,
    width: 0,
    height: 0,
    radius: 0,
    on: projection(bounds, view, 0, 0), // until the first painting
    redraw: () => {},
  }
  mounted.set(parentElement, map)
  const texts = textsOf(data.version)
  if (texts.size > MOST_KEPT) texts.clear()
  for (const [at, one] of data.texts) {
    if (!texts.has(at)) texts.set(at, { ...one, image: one.src ? imageOf(one.src, current) : null })
  }

  let asking = 0
  let again = 0
  /** @param {number[]} numbers */
  const ask = (numbers) => {
    const now = performance.now()
    const unknown = numbers.filter((at) => !texts.has(at))
    const lacking = unknown.filter((at) => now - (map.asked.get(at) ?? -Infinity) >= PATIENCE_MS).slice(0, MOST_ASKED)
    clearTimeout(again)
    if (unknown.length) again = setTimeout(redraw, PATIENCE_MS + 50)
    if (!lacking.length) return
    clearTimeout(asking)
    asking = setTimeout(() => {
      for (const at of lacking) map.asked.set(at, performance.now())
      setTriggerValue("wanted", { version: map.version, points: lacking })
    }, REST_MS)
  }

  const paint = () => {
    if (mounted.get(parentElement) !== map) return
    map.width = stage.clientWidth
    map.height = Math.round(Math.min(560, Math.max(300, map.width * 0.74)))
    if (!map.width) return
    const ratio = window.devicePixelRatio || 1
    canvas.style.height = `${map.height}px`
    canvas.width = Math.round(map.width * ratio)
    canvas.height = Math.round(map.height * ratio)
    canvas.style.touchAction = map.view.zoom > 1 ? "none" : "pan-y"
    const pen = penOf(canvas)
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, map.width, map.height)
    map.theme = themeOf(canvas)
    map.on = projection(map.bounds, map.view, map.width, map.height)
    map.radius = Math.max(2, Math.min(5.5, 46 / Math.sqrt(map.codes.length))) * Math.min(1.6, map.view.zoom ** 0.25)
    paintDots(pen, map)
    const shown = map.pictures ? chosenPictures(map) : map.selected === null ? [] : [map.selected]
    const place = (/** @type {number} */ at) => map.on.to(points[2 * at], points[2 * at + 1])
    for (const at of [...shown].reverse()) {
      const one = texts.get(at)
      const frame = map.marks.has(at) ? map.theme.accent : lookOf(map.codes[at], data, map.theme).colour
      if (!one?.image?.naturalWidth) continue
      if (at === map.selected) paintPicture(pen, one.image, place(at), MOST_SIDE, map.theme.ink, 3)
      else paintPicture(pen, one.image, place(at), SIDE, frame, 2)
    }
    const visible = new Set(shown)
    for (const [at, text] of [...map.marks].reverse()) {
      const [x, y] = place(at)
      const offset = map.pictures && visible.has(at) && texts.get(at)?.image?.naturalWidth ? SIDE / 2 - 3 : 0
      paintBadge(pen, text, [x - offset, y - offset], map.theme)
    }
    if (map.query) {
      const [x, y] = map.on.to(map.query.x, map.query.y)
      if (map.query.image?.naturalWidth) paintPicture(pen, map.query.image, [x, y], MOST_SIDE, map.theme.accent, 4)
      else paintBadge(pen, "", [x, y], map.theme)
      paintBadge(pen, map.query.name, [x, y + MOST_SIDE / 2 + 3], map.theme)
    }
    if (map.hovered !== null) {
      const [x, y] = place(map.hovered)
      pen.beginPath()
      pen.arc(x, y, map.radius + 5, 0, 2 * Math.PI)
      pen.lineWidth = 2.5
      pen.strokeStyle = map.theme.ink
      pen.stroke()
    }
    showTip()
    ask([...(map.hovered === null ? [] : [map.hovered]), ...shown])
  }
  let frame = 0
  const redraw = () => {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(paint)
  }

  map.redraw = redraw

  const showTip = () => {
    tip.hidden = map.hovered === null
    if (map.hovered === null) return
    const one = texts.get(map.hovered)
    const rank = map.marks.get(map.hovered)
    picture.hidden = !one?.src
    if (one?.src && picture.src !== one.src) picture.src = one.src
    title.textContent = one ? (rank ? `${rank}. ${one.title}` : one.title) : "…"
    const group = data.ramp ? null : data.groups[map.codes[map.hovered]]
    note.textContent = [one?.note, group?.name].filter(Boolean).join(" · ")
    const [x, y] = map.on.to(points[2 * map.hovered], points[2 * map.hovered + 1])
    tip.style.left = `${Math.max(2, Math.min(map.width - tip.offsetWidth - 2, x - tip.offsetWidth / 2))}px`
    tip.style.top = `${y > tip.offsetHeight + 18 ? y - tip.offsetHeight - 14 : y + 16}px`
    said.textContent = one
      ? `${title.textContent}${note.textContent ? `, ${note.textContent}` : ""}. ${data.action}`
      : ""
  }
  /** @param {number | null} at */
  const hover = (at) => {
    if (map.hovered === at) return
    map.hovered = at
    if (at === null) said.textContent = data.help
    redraw()
  }
  /** @param {number | null} at */
  const pick = (at) => {
    if (at === null) return
    map.selected = at
    hover(null)
    redraw()
    setTriggerValue("picked", { version: map.version, point: at })
  }

  /**
   * @param {MouseEvent} event
   * @returns {Point}
   */
  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  /**
   * @param {number} factor
   * @param {Point} around
   */
  const zoom = (factor, [px, py]) => {
    const [x, y] = map.on.from(px, py)
    map.view.zoom = Math.min(60, Math.max(1, map.view.zoom * factor))
    if (map.view.zoom === 1) map.view = whole()
    else {
      map.on = projection(map.bounds, map.view, map.width, map.height)
      const [nx, ny] = map.on.from(px, py)
      map.view.x += x - nx
      map.view.y += y - ny
    }
    redraw()
  }

  /** @type {Map<number, Point>} */
  const pointers = new Map()
  let moved = 0
  canvas.onpointerdown = (event) => {
    pointers.set(event.pointerId, placeOf(event))
    moved = pointers.size > 1 ? 99 : 0
    try {
      canvas.setPointerCapture(event.pointerId)
    } catch {
      // the pointer is gone already
    }
  }
  canvas.onpointermove = (event) => {
    const here = placeOf(event)
    const before = pointers.get(event.pointerId)
    if (!before) {
      if (event.pointerType !== "touch") hover(pointUnder(map, texts, here, 16))
      return
    }
    const others = [...pointers].filter(([id]) => id !== event.pointerId)
    if (others.length) {
      const [, other] = others[0]
      const apart = (/** @type {Point} */ one) => Math.hypot(one[0] - other[0], one[1] - other[1])
      zoom(apart(here) / Math.max(1, apart(before)), [(here[0] + other[0]) / 2, (here[1] + other[1]) / 2])
    } else {
      moved += Math.hypot(here[0] - before[0], here[1] - before[1])
      if (map.view.zoom > 1 && moved > 4) {
        map.view.x -= (here[0] - before[0]) / map.on.unit
        map.view.y += (here[1] - before[1]) / map.on.unit
        redraw()
      }
    }
    pointers.set(event.pointerId, here)
  }
  canvas.onpointerup = (event) => {
    pointers.delete(event.pointerId)
    if (moved > 4) return
    const touched = event.pointerType === "touch"
    const found = pointUnder(map, texts, placeOf(event), touched ? 26 : 16)
    // A finger does not hover: its first touch tells, the second chooses.
    if (touched && found !== map.hovered) hover(found)
    else pick(found)
  }
  canvas.onpointercancel = (event) => {
    pointers.delete(event.pointerId)
  }
  canvas.onpointerleave = (event) => {
    if (event.pointerType !== "touch") hover(null)
  }
  canvas.onwheel = (event) => {
    if (map.view.zoom === 1 && event.deltaY > 0) return // the page scrolls
    event.preventDefault()
    zoom(Math.exp(-event.deltaY / 320), placeOf(event))
  }
  /** @param {Point} way */
  const towards = (way) => {
    const start = map.hovered ?? map.selected ?? data.marks[0]?.[0] ?? 0
    const next = map.hovered === null && map.selected === null ? start : pointTowards(map, start, way)
    if (next !== null) hover(next)
  }
  /** @returns {Point} */
  const middle = () => [map.width / 2, map.height / 2]
  canvas.onkeydown = (event) => {
    /** @type {Record<string, Point>} */
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }
    if (ways[event.key]) towards(ways[event.key])
    else if (event.key === "Enter" || event.key === " ") pick(map.hovered)
    else if (event.key === "+" || event.key === "=") zoom(1.5, middle())
    else if (event.key === "-") zoom(1 / 1.5, middle())
    else if (event.key === "Escape") hover(null)
    else return
    event.preventDefault()
  }
  const tool = (/** @type {string} */ name) => find(parentElement, `.tools .${name}`, HTMLButtonElement)
  tool("nearer").onclick = () => zoom(1.6, middle())
  tool("farther").onclick = () => zoom(1 / 1.6, middle())
  tool("whole").onclick = () => {
    map.view = whole()
    redraw()
  }
  const pictures = tool("pictures")
  pictures.setAttribute("aria-pressed", String(map.pictures))
  pictures.onclick = () => {
    map.pictures = !map.pictures
    pictures.setAttribute("aria-pressed", String(map.pictures))
    redraw()
  }
  speak(parentElement, data.words)
  canvas.setAttribute("aria-label", data.label)
  said.textContent = data.help
  const ramp = find(parentElement, ".ramp", HTMLElement)
  ramp.hidden = !data.ramp
  find(ramp, "i", HTMLElement).style.background =
    `linear-gradient(90deg, ${rampLook(0, map.theme).colour}, ${map.theme.accent})`
  paintLegend(map, find(parentElement, ".legend", HTMLElement))
  const watching = new ResizeObserver(redraw)
  watching.observe(stage)
  redraw()
  return () => {
    clearTimeout(asking)
    clearTimeout(again)
    cancelAnimationFrame(frame)
    watching.disconnect()
  }
}
