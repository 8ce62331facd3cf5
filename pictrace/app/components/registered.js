// Two pictures laid over each other: a slider between them, blinking, or what differs.
import { find, speak } from "./dom.js"

/** @import { Component, Mode, Registered } from "./data" */

/** @type {WeakMap<ShadowRoot, number>} */
const timers = new WeakMap()

/** @param {Component<Registered>} component */
export default function (component) {
  const { data, parentElement } = component
  speak(parentElement, data.words)
  const stage = find(parentElement, ".stage", HTMLElement)
  const [below, above] = stage.querySelectorAll("img")
  const edge = find(stage, ".edge", HTMLElement)
  const range = find(parentElement, "input[type=range]", HTMLInputElement)
  const note = find(parentElement, "p", HTMLElement)
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches
  stage.style.aspectRatio = `${data.width} / ${data.height}`
  below.src = data.first
  below.alt = data.first_alt

  const stopBlinking = () => {
    clearInterval(timers.get(parentElement))
    timers.delete(parentElement)
  }
  const reveal = () => {
    const share = Number(range.value)
    above.style.clipPath = `inset(0 0 0 ${share}%)`
    edge.style.left = `${share}%`
  }
  /** @param {Mode} mode */
  const show = (mode) => {
    stopBlinking()
    above.style.opacity = "1"
    above.style.clipPath = "none"
    range.hidden = edge.hidden = mode !== "slider"
    above.src = mode === "difference" ? data.difference : data.second
    above.alt = mode === "difference" ? data.difference_alt : data.second_alt
    note.textContent = data.notes[mode]
    if (mode === "slider") reveal()
    if (mode === "blink") {
      let on = true
      const flip = () => {
        on = !on
        above.style.opacity = on ? "1" : "0"
      }
      if (calm) stage.onclick = flip
      else timers.set(parentElement, setInterval(flip, 700))
    } else {
      stage.onclick = null
    }
  }
  range.oninput = reveal
  const radios = /** @type {NodeListOf<HTMLInputElement>} */ (parentElement.querySelectorAll("input[type=radio]"))
  for (const radio of radios) {
    const mode = /** @type {Mode} */ (radio.value)
    radio.onchange = () => show(mode)
    if (radio.checked) show(mode)
  }
  return stopBlinking
}
