/** UTC milliseconds. The only way core knows the time. */
export interface Clock {
  now(): number
}
