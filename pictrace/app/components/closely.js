// Two pictures that are looked at together: zooming and moving one does the same with the other.
import { filled, find, speak } from "./dom.js"

/** @import { Closely, Component } from "./data" */

const MOST = 12
const STEP = 1.4
const MOVED = 0.1 // of the stage, by an arrow key

/**
 * How near, and which place, as shares of the stage, lies at its upper left.
 * @typedef {{ scale: number, x: number, y: number }} Place
 */

/** @type {WeakMap<ShadowRoot, Place>} */
const places = new WeakMap()

/** Keys that move. @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** @param {Component<Closely>} component */
export default function (component) {
  const { data, parentElement } = component
  speak(parentElement, data.words)
  const stages = Array.from(parentElement.querySelectorAll("div.stage")).filter((one) => one instanceof HTMLElement)
  const captions = parentElement.querySelectorAll("figcaption")
  const place = places.get(parentElement) ?? { scale: 1, x: 0, y: 0 }
  places.set(parentElement, place)

  const show = () => {
    const room = 1 - 1 / place.scale
    place.x = Math.min(Math.max(place.x, 0), room)
    place.y = Math.min(Math.max(place.y, 0), room)
    for (const stage of stages) {
      const picture = find(stage, "img", HTMLImageElement)
      picture.style.transform = `scale(${place.scale}) translate(${-100 * place.x}%, ${-100 * place.y}%)`
      stage.classList.toggle("near", place.scale > 1)
    }
  }
  /**
   * @param {number} factor
   * @param {number} [x] what stays where it is, as a share of the stage
   * @param {number} [y]
   */
  const zoom = (factor, x = 0.5, y = 0.5) => {
    const scale = Math.min(Math.max(place.scale * factor, 1), MOST)
    place.x += x / place.scale - x / scale
    place.y += y / place.scale - y / scale
    place.scale = scale
    show()
  }
  /**
   * @param {number} x
   * @param {number} y
   */
  const move = (x, y) => {
    place.x += x / place.scale
    place.y += y / place.scale
    show()
  }

  stages.forEach((stage, number) => {
    const told = data.pictures[number]
    const picture = find(stage, "img", HTMLImageElement)
    if (told.src && picture.getAttribute("src") !== told.src) picture.src = told.src
    picture.alt = told.caption
    captions[number].textContent = told.caption
    stage.setAttribute("aria-label", filled(data.words.usage, { picture: told.caption }))
    stage.onwheel = (event) => {
      if (!event.ctrlKey && place.scale === 1) return // the page scrolls
      event.preventDefault()
      const box = stage.getBoundingClientRect()
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, x, y)
    }
    stage.onclick = (event) => {
      if (place.scale > 1) return
      const box = stage.getBoundingClientRect()
      zoom(STEP * STEP, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height)
    }
    stage.onpointermove = (event) => {
      if (!event.buttons || place.scale === 1) return
      stage.setPointerCapture(event.pointerId)
      move(-event.movementX / stage.clientWidth, -event.movementY / stage.clientHeight)
    }
    stage.onkeydown = (event) => {
      const arrow = ARROWS[event.key]
      if (event.key === "+" || event.key === "=") zoom(STEP)
      else if (event.key === "-") zoom(1 / STEP)
      else if (event.key === "0") zoom(0)
      else if (arrow && place.scale > 1) move(arrow[0] * MOVED, arrow[1] * MOVED)
      else return
      event.preventDefault()
    }
  })
  const [closer, further, whole] = parentElement.querySelectorAll("button")
  closer.onclick = () => zoom(STEP)
  further.onclick = () => zoom(1 / STEP)
  whole.onclick = () => zoom(0)
  show()
}
