// What the points of a catalog's map look like, and the legend that says what that means.
import { make, penOf } from "./dom.js"

/** @import { PointMap } from "./data" */
/** @import { Drawing, Look, Theme } from "./drawing" */

export const STEPS = 16 // of a ramp of scores
const SHAPES = ["circle", "square", "triangle", "diamond"]

/**
 * @param {Element} node
 * @param {string} name
 * @param {string} fallback
 */
function colourOf(node, name, fallback) {
  const told = getComputedStyle(node).getPropertyValue(name).trim()
  return told && told !== "unset" ? told : fallback
}

/** @param {string} hex "#rrggbb" of the theme */
const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) || 0)

/**
 * @param {string} one
 * @param {string} other
 * @param {number} share
 */
function mixed(one, other, share) {
  const to = channels(other)
  const parts = channels(one).map((from, at) => Math.round(from + (to[at] - from) * share))
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`
}

/**
 * @param {Element} node
 * @returns {Theme}
 */
export function themeOf(node) {
  const theme = {
    paper: colourOf(node, "--st-background-color", "#ffffff"),
    ink: colourOf(node, "--st-text-color", "#1b2430"),
    accent: colourOf(node, "--st-primary-color", "#0b5c8a"),
    font: colourOf(node, "--st-font", "sans-serif"),
  }
  return { ...theme, plain: mixed(theme.paper, theme.ink, 0.42), low: mixed(theme.paper, theme.ink, 0.26) }
}

/**
 * @param {number} code a step of a ramp of scores, STEPS for none
 * @param {Theme} theme
 * @returns {Look}
 */
export function rampLook(code, theme) {
  if (code >= STEPS) return { colour: theme.low, shape: "circle", size: 0.75 }
  const share = code / (STEPS - 1)
  return { colour: mixed(theme.low, theme.accent, 0.15 + 0.85 * share), shape: "circle", size: 0.85 + 0.6 * share }
}

/**
 * A point's look by its code: one of the groups, a step of the ramp, or nothing in particular.
 * @param {number} code
 * @param {PointMap} data
 * @param {Theme} theme
 * @returns {Look}
 */
export function lookOf(code, data, theme) {
  if (data.ramp) return rampLook(code, theme)
  const group = data.groups[code]
  if (!group?.colour) return { colour: theme.plain, shape: "circle", size: group ? 0.8 : 1 }
  return { colour: group.colour, shape: SHAPES[code % SHAPES.length], size: 1.05 }
}

/**
 * @param {Path2D} path
 * @param {string} kind
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
export function shape(path, kind, x, y, r) {
  if (kind === "square") path.rect(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76)
  else if (kind === "triangle") {
    path.moveTo(x, y - r * 1.2)
    path.lineTo(x + r * 1.1, y + r * 0.8)
    path.lineTo(x - r * 1.1, y + r * 0.8)
    path.closePath()
  } else if (kind === "diamond") {
    path.moveTo(x, y - r * 1.3)
    path.lineTo(x + r * 1.3, y)
    path.lineTo(x, y + r * 1.3)
    path.lineTo(x - r * 1.3, y)
    path.closePath()
  } else {
    path.moveTo(x + r, y)
    path.arc(x, y, r, 0, 2 * Math.PI)
  }
}

/**
 * @param {Drawing} map
 * @param {HTMLElement} place
 */
export function paintLegend(map, place) {
  const { data } = map
  const buttons = data.ramp
    ? []
    : data.groups.map((group, code) => {
        const button = make("button")
        button.type = "button"
        button.setAttribute("aria-pressed", String(map.only === code))
        const mark = make("canvas")
        mark.width = 28
        mark.height = 28
        const pen = penOf(mark)
        const look = lookOf(code, data, map.theme)
        const path = new Path2D()
        shape(path, look.shape, 14, 14, 9)
        pen.fillStyle = look.colour
        pen.fill(path)
        const name = make("span", "", group.name)
        name.title = group.name
        button.append(mark, name, make("small", "", group.count.toLocaleString()))
        button.onclick = () => {
          map.only = map.only === code ? null : code
          for (const [at, one] of buttons.entries()) one.setAttribute("aria-pressed", String(map.only === at))
          map.redraw()
        }
        return button
      })
  place.replaceChildren(...buttons)
}
