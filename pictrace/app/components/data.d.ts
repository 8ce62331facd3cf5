// What Python sends to the scripts. The names and fields of what is a dataclass there are held equal by a test.

/** What Streamlit hands to a script at each run of the page. */
export interface Component<Data> {
  data: Data
  parentElement: ShadowRoot
  setTriggerValue(name: string, value: unknown): void
  setStateValue(name: string, value: unknown): void
}

/** What a script says, by the names that its markup has for it. */
export type Words = Record<string, string>

// matches.js ---------------------------------------------------------------------------------------------

export interface Segment {
  colour: string
  label: string
  share: number
}

export interface Address {
  text: string
  href: string
}

export interface Card {
  id: string
  rank: string
  score: string
  title: string
  src: string
  note: string
  level: string
  level_told: string
  segments: Segment[]
  facts: string[]
  sources: Address[]
}

export interface Matches {
  words: Words
  items: Card[]
  selected: string | null
  size: number
}

// closely.js ---------------------------------------------------------------------------------------------

export interface Shown {
  src: string
  caption: string
}

export interface Closely {
  words: Words
  pictures: Shown[]
}

// keypoint_lines.js --------------------------------------------------------------------------------------

export interface Line {
  x: number
  y: number
  to_x: number
  to_y: number
  agrees: boolean
  told: string
}

export interface KeypointLines {
  pictures: { src: string; x: number; y: number; width: number; height: number }[]
  width: number
  height: number
  label: string
  help: string
  lines: Line[]
}

// tiles.js, paste.js, copy.js, keep.js -------------------------------------------------------------------

export interface Tiles {
  items: { id: string; label: string; src: string }[]
  label: string
  large: boolean
}

export interface Paste {
  words: Words
  label: string
  max_bytes: number
  listen: boolean
}

export interface Copy {
  words: Words
  label: string
}

export interface Keep {
  token: string
  forget: string
  known: string
}

// registered.js ------------------------------------------------------------------------------------------

export type Mode = "slider" | "blink" | "difference"

export interface Registered {
  words: Words
  first: string
  second: string
  difference: string
  first_alt: string
  second_alt: string
  difference_alt: string
  width: number
  height: number
  notes: Record<Mode, string>
}

// region.js ----------------------------------------------------------------------------------------------

/** Left, top, width and height, in percent of the picture. */
export type Box = [number, number, number, number]

export interface RegionData {
  words: Words
  src: string
  alt: string
  box: Box
}

// triangle.js --------------------------------------------------------------------------------------------

/** Of the top, the left and the right corner. */
export type Three = [number, number, number]

export interface Entry {
  mark: string
  name: string
  colour: string
  share: string
  src: string
  centre: Three
  room: number
}

export interface Triangle {
  words: Words
  label: string
  corners: [string, string, string]
  rows: string[]
  entries: Entry[]
  point: Three | null
  without_point: string
  steps: number
  total: number
}

// pointmap.js --------------------------------------------------------------------------------------------

export interface Group {
  name: string
  colour: string
  count: number
}

export interface QueryMark {
  x: number
  y: number
  name: string
  src: string
}

export interface PointText {
  title: string
  note: string
  src: string
}

export interface PointMap {
  words: Words
  version: string
  count: number
  label: string
  help: string
  action: string
  points: string
  codes: string
  look: string
  ramp: boolean
  groups: Group[]
  marks: [number, string][]
  query: QueryMark | null
  selected: number | null
  texts: [number, PointText][]
}
