import type { AsComponents, ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch, isArrowArray } from "../component-batch.ts";
import { rejectInput } from "./input-error.ts";
import type { NumberArray } from "./numeric.ts";
import { isArrayLike } from "./typed-array.ts";

type Vertical = "U" | "D";
type Sideways = "R" | "L";
type Along = "F" | "B";

/** Where x, y and z point: one letter each of Up/Down, Right/Left, Forward/Back, in any order. */
export type ViewCoordinatesCode =
  | `${Vertical}${Sideways}${Along}`
  | `${Vertical}${Along}${Sideways}`
  | `${Sideways}${Vertical}${Along}`
  | `${Sideways}${Along}${Vertical}`
  | `${Along}${Vertical}${Sideways}`
  | `${Along}${Sideways}${Vertical}`;

/** A code such as `"RDF"`, three direction numbers of 1 to 6, or `ViewCoordinates.RDF`. */
export type ViewCoordinatesInput = ViewCoordinatesCode | NumberArray | AsComponents;

const LETTERS = " UDRLFB";

/** Numbers of the directions of a three-letter code; undefined when it is none. */
export function parseViewCoordinates(code: string): readonly number[] | undefined {
  const numbers = code
    .toUpperCase()
    .split("")
    .map((letter) => LETTERS.indexOf(letter));
  if (numbers.length !== 3 || numbers.some((n) => n < 1)) return undefined;
  const axes = numbers.map((n) => (n + 1) >> 1).toSorted((a, b) => a - b);
  return axes[0] === 1 && axes[1] === 2 && axes[2] === 3 ? numbers : undefined;
}

/** A batch of view coordinates: 3 × `uint8` each (Up 1, Down 2, Right 3, Left 4, Forward 5, Back 6). */
export function viewCoordinatesBatch(
  descriptor: ComponentDescriptor,
  value: ViewCoordinatesInput | readonly ViewCoordinatesCode[],
): ComponentBatch {
  const numbers: number[] = [];
  if (Array.isArray(value) && (value.length === 0 || typeof value[0] !== "number")) {
    for (const item of value as readonly unknown[]) numbers.push(...directions(descriptor, item));
  } else numbers.push(...directions(descriptor, value));
  if (numbers.length === 0) return ComponentBatch.empty(descriptor);
  return new ComponentBatch(descriptor, numbers.length / 3, numbers);
}

function directions(
  descriptor: ComponentDescriptor,
  value: unknown,
): ArrayLike<number> & Iterable<number> {
  const numbers = typeof value === "string" ? parseViewCoordinates(value) : numbersOf(value);
  const isRight =
    numbers !== undefined &&
    numbers.length > 0 &&
    numbers.length % 3 === 0 &&
    Array.from(numbers).every((n) => Number.isInteger(n) && n >= 1 && n <= 6);
  if (!isRight) {
    rejectInput(descriptor, 'a code such as "RDF" or three numbers from 1 to 6', value);
  }
  return numbers;
}

function numbersOf(value: unknown): (ArrayLike<number> & Iterable<number>) | undefined {
  if (isArrayLike(value)) return value as ArrayLike<number> & Iterable<number>;
  if (typeof value !== "object" || value === null || !("batches" in value)) return undefined;
  const data = (value as AsComponents).batches[0]?.data;
  if (data === undefined || typeof data === "number") return undefined;
  return (isArrowArray(data) ? data.values : data) as
    | (ArrayLike<number> & Iterable<number>)
    | undefined;
}
