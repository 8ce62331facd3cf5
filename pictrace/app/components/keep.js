// Remembers in this browser, and nowhere else, what opens one's private catalog again.
/** @import { Component, Keep } from "./data" */

const PLACE = "pictrace-private-catalog"

/** @param {Component<Keep>} component */
export default function (component) {
  const { data, setStateValue } = component
  try {
    if (data.forget && localStorage.getItem(PLACE) === data.forget) localStorage.removeItem(PLACE)
    if (data.token) localStorage.setItem(PLACE, data.token)
    const kept = localStorage.getItem(PLACE) ?? ""
    if (kept !== data.known) setStateValue("token", kept)
  } catch {
    // Storage may be switched off: then there is nothing to come back to.
  }
}
