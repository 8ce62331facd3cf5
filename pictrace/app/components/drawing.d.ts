// What the scripts of the catalog's map tell each other.

import type { PointMap, PointText, QueryMark } from "./data"

/** In CSS pixels, or a position from 0 to 1. */
export type Point = [number, number]

export interface Theme {
  paper: string
  ink: string
  accent: string
  font: string
  plain: string
  low: string
}

export interface Look {
  colour: string
  shape: string
  size: number
}

/** What lies in the middle of the paper. */
export interface View {
  zoom: number
  x: number
  y: number
}

export interface Projection {
  unit: number
  to(x: number, y: number): Point
  from(px: number, py: number): Point
}

export type Seen = PointText & { image: HTMLImageElement | null }
export type Guest = QueryMark & { image: HTMLImageElement | null }

/** All that is known of a map while it stands on the page. */
export interface Drawing {
  version: string
  data: PointMap
  points: Float32Array
  codes: Uint8Array
  marks: Map<number, string>
  query: Guest | null
  selected: number | null
  hovered: number | null
  /** The group that is not faded. */
  only: number | null
  pictures: boolean
  view: View
  /** When each point was asked for. */
  asked: Map<number, number>
  look: string
  stride: number
  theme: Theme
  /** Left, right, bottom, top. */
  bounds: number[]
  width: number
  height: number
  radius: number
  on: Projection
  redraw(): void
}
